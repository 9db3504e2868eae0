-- Drops moments that nobody will miss: those beyond the number that is kept, the longest unused first; those unused for too long; and
-- those of a definition that is not served. One that is being read stays until the next time, and so does its row.
-- Settings: deploycenter.moments_max, deploycenter.moments_unused_seconds.
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
                moment, schema_name, used_at, row_number() OVER (ORDER BY used_at DESC, moment DESC) AS rank,
                EXISTS (
                    SELECT
                    FROM projection_generations AS served
                    WHERE
                        served.view = projection_moments.view AND served.rows_digest = projection_moments.digest
                        AND served.state = 'live') AS is_current
            FROM projection_moments
        ) AS ranked
        WHERE
            ranked.rank > current_setting('deploycenter.moments_max')::int
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
