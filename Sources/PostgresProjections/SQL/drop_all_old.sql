-- Drops every generation of a view that is not served. The setting deploycenter.drop names the view. Run with its lock held.
SET LOCAL lock_timeout = '3s';
DO $$
DECLARE
    old record;
BEGIN
    FOR old IN
        SELECT generation, schema_name
        FROM projection_generations
        WHERE view = current_setting('deploycenter.drop') AND state <> 'live'
        ORDER BY generation
    LOOP
        PERFORM FROM projection_generations WHERE generation = old.generation FOR UPDATE;
        EXECUTE format('DROP SCHEMA IF EXISTS %I CASCADE', old.schema_name);
        DELETE FROM projection_generations WHERE generation = old.generation;
    END LOOP;
END
$$;
