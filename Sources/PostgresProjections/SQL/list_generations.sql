-- The generations of all views, with the head of the log.
SELECT
    projections.generation, projections.view, projections.digest, projections.position, projections.state, projections.failure,
    projections.phase, projections.target, projections.work_done, projections.work_total,
    extract(epoch FROM clock_timestamp() - projections.begun_at)::double precision AS seconds,
    projections.failure_position, projections.failure_file, projections.failure_line, projections.failure_statement,
    CASE
        WHEN projections.moved_at IS NOT NULL THEN
            projections.rate * exp(-least(extract(epoch FROM clock_timestamp() - projections.moved_at), 1000) / 10)
        END AS rate,
    projections.is_outdated, log_head.position AS head
FROM views.projections
CROSS JOIN views.log_head
ORDER BY projections.view, projections.generation;
