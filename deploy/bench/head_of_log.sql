-- The last position of the log.
SELECT coalesce(max(position), 0) AS head FROM events
