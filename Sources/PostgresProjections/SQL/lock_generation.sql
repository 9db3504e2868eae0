-- One generation and the head of the log, locked until the transaction ends: whoever holds it folds. No row if it is gone.
-- $1 generation
SELECT
    generation, view, digest, schema_name, event_types, tables, fold, position, state,
    (SELECT coalesce(max(position), 0) FROM events) AS head
FROM projection_generations
WHERE generation = $1
FOR UPDATE;
