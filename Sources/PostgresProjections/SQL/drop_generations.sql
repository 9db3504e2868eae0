-- Drops what nobody will go back to. The setting deploycenter.drop names a view's generations: retired but for the latest.
SET LOCAL lock_timeout = '3s';
DO $$
DECLARE
    old record;
BEGIN
    FOR old IN
        SELECT generation, schema_name
        FROM projection_generations
        WHERE view = current_setting('deploycenter.drop') AND state = 'retired'
        ORDER BY generation DESC
        OFFSET 1
    LOOP
        EXECUTE format('DROP SCHEMA IF EXISTS %I CASCADE', old.schema_name);
        DELETE FROM projection_generations WHERE generation = old.generation;
    END LOOP;
END
$$;
