-- Notes that somebody asked for a moment.
-- $1 schema
UPDATE projection_moments SET used_at = clock_timestamp() WHERE schema_name = $1;
