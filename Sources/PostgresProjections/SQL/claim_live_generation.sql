-- The live generation of a view and the head of the log, locked until the transaction ends. No row if there is none, or if
-- another replica is folding it right now: that one goes on until nothing is left.
-- $1 view
SELECT
    generation, view, digest, schema_name, event_types, tables, fold, position, state,
    (SELECT coalesce(max(position), 0) FROM events) AS head
FROM projection_generations
WHERE view = $1 AND state = 'live'
FOR UPDATE SKIP LOCKED;
