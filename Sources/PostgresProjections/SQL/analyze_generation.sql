-- Tells the planner about tables that were just filled, before the first query meets them. Run after enter_schema.sql.
--
-- Not about empty ones: those that it knows nothing about it takes for small, those that it knows to be empty for empty, and the plans
-- of the first batch are kept.
DO $$
DECLARE
    filled text;
    has_rows boolean;
BEGIN
    FOR filled IN
        SELECT table_name::text
        FROM information_schema.tables
        WHERE table_schema = current_setting('deploycenter.generation_schema') AND table_type = 'BASE TABLE'
    LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM %I)', filled) INTO has_rows;
        IF has_rows THEN
            EXECUTE format('ANALYZE %I', filled);
        END IF;
    END LOOP;
END
$$;
