-- Drops moments that nobody will miss: those beyond the number or the bytes that are kept, the longest unused first; those unused for too
-- long; and those of a definition that is not served. One that is being read stays until the next time, and so does its row. However
-- large it is, the last used one stays: who asked for it has not read it yet.
-- Settings: deploycenter.moments_max, deploycenter.moments_bytes, deploycenter.moments_unused_seconds.
SET LOCAL lock_timeout = '200ms';
DO $$
DECLARE
    old record;
BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtextextended('deploycenter.moment.eviction', 0)) THEN
        RETURN;
    END IF;
    FOR old IN
        SELECT ranked.moment, ranked.schema_name
        FROM (
            SELECT
                moment, schema_name, used_at, row_number() OVER latest_first AS rank, sum(size.bytes) OVER latest_first AS bytes,
                EXISTS (
                    SELECT
                    FROM projection_generations AS served
                    WHERE
                        served.view = projection_moments.view AND served.rows_digest = projection_moments.digest
                        AND served.state = 'live') AS is_current
            FROM projection_moments
            CROSS JOIN LATERAL (
                SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0) AS bytes
                FROM pg_class AS c
                WHERE c.relnamespace = to_regnamespace(quote_ident(projection_moments.schema_name)) AND c.relkind = 'r'
            ) AS size
            WINDOW latest_first AS (ORDER BY used_at DESC, moment DESC)
        ) AS ranked
        WHERE
            ranked.rank > current_setting('deploycenter.moments_max')::int
            OR (ranked.rank > 1 AND ranked.bytes > current_setting('deploycenter.moments_bytes')::numeric)
            OR ranked.used_at < now() - current_setting('deploycenter.moments_unused_seconds')::double precision * interval '1 second'
            OR NOT ranked.is_current
        ORDER BY ranked.used_at, ranked.moment
    LOOP
        BEGIN
            EXECUTE format('DROP SCHEMA IF EXISTS %I CASCADE', old.schema_name);
            DELETE FROM projection_moments WHERE moment = old.moment;
        EXCEPTION
            WHEN lock_not_available OR deadlock_detected THEN
                NULL;
        END;
    END LOOP;
    -- Schema and row come and go in one transaction. What is left without a row was left by a partial restore.
    FOR old IN
        SELECT nspname::text AS schema_name
        FROM pg_namespace
        WHERE
            nspname ~ '^moment_[a-z0-9_]+_[0-9]+$'
            AND NOT EXISTS (SELECT FROM projection_moments WHERE projection_moments.schema_name = nspname)
            AND pg_has_role(nspowner, 'USAGE')
    LOOP
        BEGIN
            EXECUTE format('DROP SCHEMA IF EXISTS %I CASCADE', old.schema_name);
        EXCEPTION
            WHEN lock_not_available OR deadlock_detected THEN
                NULL;
        END;
    END LOOP;
END
$$;
