-- Undoes enter_bucket.sql. Nobody else ever sees the schema: it comes and goes in one transaction.
DO $$
BEGIN
    PERFORM set_config('search_path', current_setting('deploycenter.bucket_outer_search_path'), true);
    SET LOCAL client_min_messages = 'warning';
    EXECUTE format('DROP SCHEMA %I CASCADE', current_setting('deploycenter.bucket_schema'));
END
$$;
