-- Makes a generation the live one and points the published views at it. Run after enter_schema.sql in a transaction that holds
-- the view's lock and both generations' rows. Readers wait for its end and meet no moment without a view.
-- Waiting for a reader that takes longer than the timeout fails the transaction, for new readers queue behind the swap.
SET LOCAL lock_timeout = '3s';
DO $$
DECLARE
    new_schema text := current_setting('deploycenter.generation_schema');
    new_view text;
    old_schema text;
    published text;
BEGIN
    SELECT view INTO STRICT new_view FROM projection_generations WHERE schema_name = new_schema;
    SELECT schema_name INTO old_schema FROM projection_generations WHERE view = new_view AND state = 'live';
    FOR published IN
        SELECT table_name::text
        FROM information_schema.tables
        WHERE table_schema IN (old_schema, new_schema) AND table_type = 'BASE TABLE'
        GROUP BY table_name
        ORDER BY table_name
    LOOP
        EXECUTE format('DROP VIEW IF EXISTS views.%I', published);
        CONTINUE WHEN to_regclass(format('%I.%I', new_schema, published)) IS NULL;
        EXECUTE format('CREATE VIEW views.%I AS SELECT * FROM %I.%I', published, new_schema, published);
        IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'deploycenter_reader') THEN
            EXECUTE format('GRANT SELECT ON views.%I TO deploycenter_reader', published);
        END IF;
    END LOOP;
    UPDATE projection_generations
    SET state = 'retired', failure = NULL, state_since = now()
    WHERE view = new_view AND state = 'live';
    UPDATE projection_generations
    SET state = 'live', failure = NULL, state_since = now()
    WHERE schema_name = new_schema;
END
$$;
