-- Makes the relation `batch` mean the events of one portion of streams until leave_bucket.sql: in a schema of the session's own, so that
-- several portions can be folded at once, and with constants, so that plans fit the portion. What the definition has built on
-- `batch` is made anew upon it.
-- Run after enter_schema.sql. Settings: deploycenter.bucket_category, deploycenter.bucket_from and deploycenter.bucket_until (ids, empty for
-- no bound), deploycenter.bucket_to (position), deploycenter.bucket_copied (the events are read so often that a copy pays) and
-- deploycenter.bucket_columns (of a copy).
DO $$
DECLARE
    generation_schema text := current_setting('deploycenter.generation_schema');
    generation_types text := current_setting('deploycenter.generation_types');
    bucket_schema text := format('bucket_%s', pg_backend_pid());
    -- What is read in another shape than it is stored in is edited but once.
    is_copied bool := current_setting('deploycenter.bucket_copied')::bool
        OR current_setting('deploycenter.generation_payload') <> 'payload';
    dependents text[];
    dependent text;
    events text;
BEGIN
    WITH RECURSIVE built (relation, depth) AS (
        SELECT format('%I.batch', generation_schema)::regclass::oid, 0
        UNION
        SELECT rules.ev_class, built.depth + 1
        FROM built
        INNER JOIN pg_depend AS uses
            ON uses.refobjid = built.relation AND uses.refclassid = 'pg_class'::regclass
            AND uses.classid = 'pg_rewrite'::regclass
        INNER JOIN pg_rewrite AS rules ON rules.oid = uses.objid AND rules.ev_class <> built.relation
    )
    SELECT
        array_agg(
            format('CREATE VIEW %I.%I AS ', bucket_schema, relations.relname) || pg_get_viewdef(relations.oid)
            ORDER BY last.depth)
    INTO dependents
    FROM (SELECT relation, max(depth) AS depth FROM built WHERE depth > 0 GROUP BY relation) AS last
    INNER JOIN pg_class AS relations ON relations.oid = last.relation;

    events := format(
        $query$
        SELECT %s
        FROM %I.current_events
        WHERE stream_category = %L AND stream_id >= %L AND %s AND position <= %L AND %s
        $query$,
        CASE WHEN is_copied THEN current_setting('deploycenter.bucket_columns') ELSE '*' END,
        generation_schema, current_setting('deploycenter.bucket_category'), current_setting('deploycenter.bucket_from'),
        CASE current_setting('deploycenter.bucket_until')
            WHEN '' THEN 'true' ELSE format('stream_id < %L', current_setting('deploycenter.bucket_until')) END,
        current_setting('deploycenter.bucket_to'),
        CASE generation_types WHEN '' THEN 'true' ELSE format('type = ANY (%L::text[])', generation_types) END);
    EXECUTE format('CREATE SCHEMA %I', bucket_schema);
    IF is_copied THEN
        EXECUTE format('CREATE UNLOGGED TABLE %I.batch AS ', bucket_schema) || events;
        -- Only what plans depend on: looking into the payloads would take longer than some folds.
        EXECUTE format('ANALYZE %I.batch (position, stream_id, type)', bucket_schema);
    ELSE
        EXECUTE format('CREATE VIEW %I.batch AS ', bucket_schema) || events;
    END IF;
    PERFORM
        set_config('deploycenter.bucket_schema', bucket_schema, true),
        set_config('deploycenter.bucket_outer_search_path', current_setting('search_path'), true),
        set_config('search_path', quote_ident(bucket_schema) || ', ' || current_setting('search_path'), true);
    FOREACH dependent IN ARRAY coalesce(dependents, '{}') LOOP
        EXECUTE dependent;
    END LOOP;
END
$$;
