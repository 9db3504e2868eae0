-- Lets the statement of a view read a schema that was built up to a position as it reads the published views: with the position in
-- a relation `projections`, and with the readers' right to the tables. Not to the other relations, which show the log itself.
-- Run after enter_schema.sql. Settings: deploycenter.view, deploycenter.position.
DO $$
DECLARE
    schema_name text := current_setting('deploycenter.generation_schema');
    made text;
BEGIN
    EXECUTE format(
        'CREATE TABLE %I.projections AS SELECT %L::text AS view, %L::bigint AS position, ''live''::text AS state',
        schema_name, current_setting('deploycenter.view'), current_setting('deploycenter.position'));
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'deploycenter_reader') THEN
        EXECUTE format('GRANT USAGE ON SCHEMA %I TO deploycenter_reader', schema_name);
        FOR made IN
            SELECT table_name::text
            FROM information_schema.tables
            WHERE table_schema = schema_name AND table_type = 'BASE TABLE'
        LOOP
            EXECUTE format('GRANT SELECT ON %I.%I TO deploycenter_reader', schema_name, made);
        END LOOP;
    END IF;
END
$$;
