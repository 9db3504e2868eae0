-- The last position. No parameters.
SELECT position FROM log_head
