-- The generation of a view that is in a state; of several the latest.
-- $1 view, $2 state
SELECT generation, view, digest, schema_name, event_types, tables, fold, position, state
FROM projection_generations
WHERE view = $1 AND state = $2
ORDER BY generation DESC
LIMIT 1;
