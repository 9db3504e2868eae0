-- The generations of all views, with the head of the log.
SELECT
    projections.view, projections.digest, projections.position, projections.state, projections.failure,
    log_head.position AS head
FROM views.projections
CROSS JOIN views.log_head
ORDER BY projections.view, projections.generation;
