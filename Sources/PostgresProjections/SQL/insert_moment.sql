-- Registers a moment that is to be built, and names its schema; no row if somebody has built it.
-- $1 view, $2 digest, $3 position
-- It counts as used when it will be there, which may be long after the transaction began: see touch_moment.sql.
INSERT INTO projection_moments (moment, view, digest, position, schema_name)
OVERRIDING SYSTEM VALUE
SELECT next.moment, $1, $2, $3, 'moment_' || left($1, 30) || '_' || next.moment
FROM (SELECT nextval(pg_get_serial_sequence('projection_moments', 'moment')) AS moment) AS next
WHERE NOT EXISTS (SELECT FROM projection_moments WHERE view = $1 AND digest = $2 AND position = $3)
RETURNING schema_name;
