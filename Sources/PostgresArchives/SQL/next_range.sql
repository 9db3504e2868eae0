-- The oldest partition that is attached, whether the log has gone beyond it, and whether it is recorded as archived already. No
-- parameters.
SELECT
    p.partition::text AS name, p.first_position, p.last_position,
    p.last_position <= (SELECT position FROM log_head) AS is_full,
    EXISTS (SELECT FROM event_archives AS a WHERE a.first_position = p.first_position) AS is_recorded
FROM event_partitions AS p
ORDER BY p.first_position
LIMIT 1
