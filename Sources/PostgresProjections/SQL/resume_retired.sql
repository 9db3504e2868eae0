-- Takes the latest retired generation of a view out of retirement, to catch up; no row if there is none.
-- $1 view
UPDATE projection_generations
SET state = 'building', state_since = now()
WHERE generation = (
    SELECT max(generation) FROM projection_generations WHERE view = $1 AND state = 'retired')
RETURNING generation, view, digest, schema_name, event_types, tables, fold, indexes, fold_order, position, state, phase, target, chunk,
    is_held, events_per_second_max, failure, payload_form, rows_digest,
    payload_form <> payload_expression(event_types) AS is_outdated;
