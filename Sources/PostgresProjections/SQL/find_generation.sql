-- The generation of a view that is in a state; of several the latest.
-- $1 view, $2 state
SELECT generation, view, digest, schema_name, event_types, tables, fold, indexes, fold_order, position, state, phase, target, chunk,
    is_held, events_per_second_max, failure, payload_form, rows_digest,
    payload_form <> payload_expression(event_types) AS is_outdated
FROM projection_generations
WHERE view = $1 AND state = $2
ORDER BY generation DESC
LIMIT 1;
