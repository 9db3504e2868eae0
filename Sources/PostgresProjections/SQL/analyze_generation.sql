-- Tells the planner about tables that were just filled, before the first query meets them. Run after enter_schema.sql.
DO $$
DECLARE
    filled text;
BEGIN
    FOR filled IN
        SELECT table_name::text
        FROM information_schema.tables
        WHERE table_schema = current_setting('deploycenter.generation_schema') AND table_type = 'BASE TABLE'
    LOOP
        EXECUTE format('ANALYZE %I', filled);
    END LOOP;
END
$$;
