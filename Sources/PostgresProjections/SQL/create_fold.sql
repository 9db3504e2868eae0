-- Makes the fold a function whose plans a session keeps from batch to batch. Run after enter_schema.sql and the definition's tables.
DO $$
BEGIN
    EXECUTE format(
        'CREATE FUNCTION fold() RETURNS void LANGUAGE plpgsql AS %L', current_setting('deploycenter.fold_body'));
END
$$;
