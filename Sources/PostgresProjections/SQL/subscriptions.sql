-- What follows the log: served views, then process managers.
SELECT
    'projection:' || served.view AS name, 'view' AS kind, served.position, leases.holder, served.failure, served.failure_position,
    log_head.position AS head
FROM projection_generations AS served
CROSS JOIN log_head
LEFT JOIN leases ON leases.name = 'projection:' || served.view AND leases.until > clock_timestamp()
WHERE served.state = 'live'
UNION ALL
SELECT
    'process:' || checkpoint.process, 'process', checkpoint.position, leases.holder, checkpoint.failure,
    checkpoint.failure_position,
    -- A process manager reads the category that it is named after; counted up to a bound, for it may be far behind.
    checkpoint.position + (
        SELECT count(*)
        FROM (
            SELECT FROM events
            WHERE events.stream_category = checkpoint.process AND events.position > checkpoint.position
            LIMIT 10000) AS ahead)
FROM process_checkpoints AS checkpoint
LEFT JOIN leases ON leases.name = 'process:' || checkpoint.process AND leases.until > clock_timestamp()
ORDER BY kind DESC, name;
