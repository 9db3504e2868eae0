-- The last position of the log. No parameters.
SELECT position FROM log_head;
