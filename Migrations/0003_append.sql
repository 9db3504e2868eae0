-- One round trip per append: checks everything, then writes everything, under the lock of the log's head.
--
-- streams: `categories`, `ids` and `expectations` side by side; an expectation is a version, 0 for no stream yet, -1 for any and
-- -2 for a stream that exists. Events: `event_streams` counts the streams from 1. The answer's `kind` is appended, repeated,
-- conflict, key_reused or lease_lost; after the last three nothing was written.
CREATE FUNCTION append_events(
    categories text[], ids text[], expectations bigint[],
    event_streams bigint[], event_ids text[], event_types text[], schema_versions bigint[], payloads text[],
    event_metadata jsonb,
    command_actor text, command_key text, command_digest text,
    completed_effect text, completed_token bigint
) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
    head bigint;
    known commands%ROWTYPE;
    versions bigint[];
    wrong record;
    added bigint := coalesce(cardinality(event_ids), 0);
    written_at timestamptz;
    outcome jsonb;
BEGIN
    SELECT position INTO head FROM log_head FOR UPDATE;

    IF command_key IS NOT NULL THEN
        SELECT * INTO known FROM commands WHERE actor = command_actor AND idempotency_key = command_key;
        IF FOUND THEN
            IF known.digest <> command_digest THEN
                RETURN jsonb_build_object('kind', 'key_reused');
            END IF;
            RETURN known.outcome || '{"kind": "repeated"}';
        END IF;
    END IF;

    SELECT array_agg(
        coalesce(
            (SELECT max(e.stream_version) FROM events AS e WHERE e.stream_category = s.category AND e.stream_id = s.id),
            0)
        ORDER BY s.ordinal)
    INTO versions
    FROM unnest(categories, ids) WITH ORDINALITY AS s (category, id, ordinal);

    SELECT s.category, s.id, s.version INTO wrong
    FROM unnest(categories, ids, expectations, versions) WITH ORDINALITY
        AS s (category, id, expected, version, ordinal)
    WHERE NOT CASE s.expected WHEN -1 THEN true WHEN -2 THEN s.version > 0 ELSE s.version = s.expected END
    ORDER BY s.ordinal
    LIMIT 1;
    IF FOUND THEN
        RETURN jsonb_build_object('kind', 'conflict', 'category', wrong.category, 'id', wrong.id, 'actual', wrong.version);
    END IF;

    -- After the lock, so that times do not run against positions.
    written_at := clock_timestamp();

    IF completed_effect IS NOT NULL THEN
        UPDATE effects
        SET ended_at = written_at, reason = 'recorded', lease_owner = NULL, lease_until = NULL
        WHERE effect_id = completed_effect AND lease_token = completed_token AND ended_at IS NULL;
        IF NOT FOUND THEN
            RETURN jsonb_build_object('kind', 'lease_lost');
        END IF;
    END IF;

    IF added > 0 THEN
        INSERT INTO events (
            position, stream_category, stream_id, stream_version, event_id, type, schema_version, payload, metadata,
            recorded_at)
        SELECT
            head + e.ordinal, categories[e.stream], ids[e.stream],
            versions[e.stream] + row_number() OVER (PARTITION BY e.stream ORDER BY e.ordinal),
            e.id::uuid, e.type, e.schema_version::integer, e.payload::jsonb, event_metadata, written_at
        FROM unnest(event_streams, event_ids, event_types, schema_versions, payloads) WITH ORDINALITY
            AS e (stream, id, type, schema_version, payload, ordinal);
        UPDATE log_head SET position = head + added;
        -- Once an append, whatever it holds: notifications serialise commits, which the lock does already.
        PERFORM pg_notify('deploycenter_events', (head + added)::text);
    END IF;

    SELECT jsonb_build_object(
        'kind', 'appended', 'position', head + added,
        'versions', coalesce(
            jsonb_object_agg(
                s.category || '-' || s.id,
                s.version + (SELECT count(*) FROM unnest(event_streams) AS e (stream) WHERE e.stream = s.ordinal)),
            '{}'))
    INTO outcome
    FROM unnest(categories, ids, versions) WITH ORDINALITY AS s (category, id, version, ordinal);

    IF command_key IS NOT NULL THEN
        INSERT INTO commands (actor, idempotency_key, digest, outcome, recorded_at)
        VALUES (command_actor, command_key, command_digest, outcome, written_at);
    END IF;
    RETURN outcome;
END
$$;
