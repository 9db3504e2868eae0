-- Makes the relation `batch` show events of the log, by the settings of set_batch.sql. Run after enter_schema.sql.
DO $$
DECLARE
    schema_name text := current_setting('deploycenter.generation_schema');
    types text := current_setting('deploycenter.generation_types');
BEGIN
    EXECUTE format(
        $view$
        CREATE OR REPLACE VIEW %1$I.batch AS
        SELECT
            position, stream_category, stream_id, stream_version, event_id, type, schema_version, payload, metadata,
            recorded_at
        FROM %1$I.current_events
        WHERE
            position > current_setting('deploycenter.batch_from')::bigint
            AND position <= current_setting('deploycenter.batch_to')::bigint
            AND %2$s
        $view$,
        schema_name, CASE types WHEN '' THEN 'true' ELSE format('type = ANY (%L::text[])', types) END);
    -- Builds that an older version of the program began have a copy of a portion here.
    IF to_regclass(format('%I.batch_rows', schema_name)) IS NOT NULL THEN
        EXECUTE format('DROP TABLE %I.batch_rows', schema_name);
    END IF;
END
$$;
