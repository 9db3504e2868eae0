-- How far a process has reacted to the log, why it stands still, and whether it has gone past streams; no row before it began.
-- Parameters: process.
SELECT
    position, failure, failure_position, EXISTS (SELECT FROM parked_streams AS p WHERE p.process = c.process) AS has_parked
FROM process_checkpoints AS c
WHERE process = $1
