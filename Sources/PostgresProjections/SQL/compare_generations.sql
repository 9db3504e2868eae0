-- Makes the relation `differences` in the schema just folded anew: rows that only that schema or only the schema of the setting
-- deploycenter.kept_schema has. Rows are compared as jsonb, which has equality for every column type.
-- Run after enter_schema.sql.
DO $$
DECLARE
    kept_schema text := current_setting('deploycenter.kept_schema');
    fresh_schema text := current_setting('deploycenter.generation_schema');
    comparison text;
BEGIN
    SELECT string_agg(
        format(
            '(SELECT %1$L AS table_name, ''kept'' AS side, content FROM (
                SELECT to_jsonb(kept) AS content FROM %2$I.%1$I AS kept
                EXCEPT ALL SELECT to_jsonb(fresh) FROM %3$I.%1$I AS fresh) AS only_kept)
            UNION ALL
            (SELECT %1$L, ''rebuilt'', content FROM (
                SELECT to_jsonb(fresh) AS content FROM %3$I.%1$I AS fresh
                EXCEPT ALL SELECT to_jsonb(kept) FROM %2$I.%1$I AS kept) AS only_fresh)',
            table_name, kept_schema, fresh_schema),
        ' UNION ALL ' ORDER BY table_name)
    INTO STRICT comparison
    FROM information_schema.tables
    WHERE table_schema = fresh_schema AND table_type = 'BASE TABLE';
    EXECUTE format('CREATE TABLE differences AS %s', comparison);
END
$$;
