-- A generation whose portions of streams are being folded by several connections at once, kept as it is until the transaction ends. No
-- row if it is gone or not at that. await_builders.sql goes before those that come after it asked.
-- $1 generation
WITH turn AS MATERIALIZED (
    SELECT pg_advisory_xact_lock_shared(hashtext('projection_generations'), $1::bigint::integer)
)
SELECT
    generation, view, digest, schema_name, event_types, tables, fold, indexes, fold_order, position, state, phase, target, chunk,
    is_held, events_per_second_max, failure, payload_form, rows_digest,
    payload_form <> payload_expression(event_types) AS is_outdated
FROM projection_generations
WHERE
    generation = $1 AND state = 'building' AND phase = 'folding' AND events_per_second_max IS NULL
    AND (SELECT count(*) FROM turn) = 1
FOR KEY SHARE;
