-- One generation and the head of the log, locked until the transaction ends: whoever holds it folds. No row if it is gone.
-- $1 generation
SELECT
    generation, view, digest, schema_name, event_types, tables, fold, indexes, fold_order, position, state, phase, target, chunk,
    is_held, events_per_second_max, failure, payload_form, rows_digest,
    payload_form <> payload_expression(event_types) AS is_outdated,
    (SELECT log_head.position FROM log_head) AS head
FROM projection_generations
WHERE generation = $1
FOR UPDATE;
