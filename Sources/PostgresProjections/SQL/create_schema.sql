-- Creates the schema of a generation, and in it the log in the shape that the fold reads.
-- Run after enter_schema.sql, before show_log.sql and the definition's tables.
DO $$
DECLARE
    schema_name text := current_setting('deploycenter.generation_schema');
BEGIN
    EXECUTE format('CREATE SCHEMA %I', schema_name);
    EXECUTE format(
        $view$
        CREATE VIEW %I.current_events AS
        SELECT
            position, stream_category, stream_id, stream_version, event_id, type, schema_version, %s AS payload, metadata,
            recorded_at
        FROM events
        $view$,
        schema_name, current_setting('deploycenter.generation_payload'));
END
$$;
