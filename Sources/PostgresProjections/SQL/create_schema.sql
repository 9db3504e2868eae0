-- Creates the schema of a generation and the relation `batch` that its fold reads: the events of the batch, of the types it names, in the
-- shape that current_events gives them.
-- Run after enter_schema.sql and before the definition's tables.
--
-- While whole streams are folded the events are copied into batch_rows, which the relation shows then; show_log.sql turns it into what it
-- is later on. Replacing the view keeps whatever the definition has built on it.
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
    EXECUTE format(
        $table$
        CREATE UNLOGGED TABLE %1$I.batch_rows AS
        SELECT
            position, stream_category, stream_id, stream_version, event_id, type, schema_version, payload, metadata,
            recorded_at
        FROM %1$I.current_events
        WITH NO DATA
        $table$,
        schema_name);
    EXECUTE format('CREATE VIEW %1$I.batch AS SELECT * FROM %1$I.batch_rows', schema_name);
END
$$;
