-- Registers a generation that is to be built, and names its schema.
-- $1 view, $2 digest, $3 event types or NULL for all, $4 tables, $5 fold, $6 indexes, $7 order of the fold
INSERT INTO projection_generations (
    generation, view, digest, schema_name, event_types, tables, fold, indexes, fold_order, state, payload_form)
OVERRIDING SYSTEM VALUE
SELECT
    next.generation, $1, $2, 'view_' || $1 || '_' || left($2, 8) || '_' || next.generation, $3::text[], $4, $5, $6, $7,
    'building', payload_expression($3::text[])
FROM (SELECT nextval(pg_get_serial_sequence('projection_generations', 'generation')) AS generation) AS next
RETURNING generation, view, digest, schema_name, event_types, tables, fold, indexes, fold_order, position, state, phase, target, chunk,
    is_held, events_per_second_max, failure, payload_form, rows_digest,
    payload_form <> payload_expression(event_types) AS is_outdated;
