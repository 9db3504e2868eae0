-- Drops the unfinished generation named by the setting deploycenter.drop, its schema first. Run with the view's lock held.
SET LOCAL lock_timeout = '3s';
DO $$
BEGIN
    EXECUTE format('DROP SCHEMA IF EXISTS %I CASCADE', current_setting('deploycenter.drop'));
    DELETE FROM projection_generations
    WHERE schema_name = current_setting('deploycenter.drop') AND state = 'building';
END
$$;
