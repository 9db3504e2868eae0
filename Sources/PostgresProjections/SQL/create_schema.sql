-- Creates the schema of a generation and the relation that its fold reads: the events of the batch, of the types it names.
-- Run after enter_schema.sql and before the definition's tables.
DO $$
DECLARE
    schema_name text := current_setting('deploycenter.generation_schema');
    types text := current_setting('deploycenter.generation_types');
BEGIN
    EXECUTE format('CREATE SCHEMA %I', schema_name);
    EXECUTE format(
        $view$
        CREATE VIEW %I.batch AS
        SELECT
            position, stream_category, stream_id, stream_version, event_id, type, schema_version, payload, metadata,
            recorded_at
        FROM events
        WHERE
            position > current_setting('deploycenter.batch_from')::bigint
            AND position <= current_setting('deploycenter.batch_to')::bigint
            AND %s
        $view$,
        schema_name, CASE types WHEN '' THEN 'true' ELSE format('type = ANY (%L::text[])', types) END);
END
$$;
