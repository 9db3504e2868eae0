-- Workers whose lease has moved on write nothing, not even what does not end their row; readers of the whole log and archives cannot pass
-- each other; and what must be restored is told by the command that does it.

-- Fails unless each of these to-do rows is open and its latest lease has the token beside it, and keeps it so until the transaction
-- ends. Takes the log's lock first, in the order of `append_group`.
CREATE FUNCTION hold_effects(held_effects text[], held_tokens bigint[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM log_head FOR UPDATE;
    PERFORM
    FROM effects AS e
    WHERE e.effect_id = ANY (held_effects) AND e.ended_at IS NULL
    ORDER BY e.effect_id
    FOR UPDATE;
    IF EXISTS (
        SELECT
        FROM unnest(held_effects, held_tokens) AS held (effect, token)
        WHERE NOT EXISTS (
            SELECT FROM effects AS e WHERE e.effect_id = held.effect AND e.lease_token = held.token AND e.ended_at IS NULL))
    THEN
        RAISE EXCEPTION 'another worker has taken the work over' USING ERRCODE = 'SV005';
    END IF;
END
$$;

-- Until the transaction ends nothing is recorded as archived: for whoever begins to read the whole log. Many may at a time; whoever
-- records an archive waits for them, by `lock_archiving`, and sees what they began.
CREATE FUNCTION hold_off_archiving() RETURNS void
LANGUAGE sql
BEGIN ATOMIC
    SELECT pg_advisory_xact_lock_shared(7370417264);
END;

-- As before, and names the command that there is.
CREATE OR REPLACE FUNCTION require_available(after bigint) RETURNS bigint
LANGUAGE plpgsql STABLE AS $$
DECLARE
    archived bigint := archived_up_to();
BEGIN
    IF after < archived THEN
        RAISE EXCEPTION 'the events up to position % are archived', archived
            USING ERRCODE = 'SV003', DETAIL = archived::text,
                HINT = 'Restore them, the last archive first: deploycenter store restore, once for each file.';
    END IF;
    RETURN after;
END
$$;
