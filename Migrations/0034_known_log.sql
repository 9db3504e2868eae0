-- Appends for whoever knows the log: where nobody else has appended since, a process has the versions of the streams that it wrote,
-- and nothing has to be looked up under the log's lock. append_group stays, for everything else and for servers that go on running.

-- When the log's last event was recorded, as the transaction itself sees it. Read after append_group in the same statement, which
-- would else see the time before.
CREATE FUNCTION log_recorded_at() RETURNS timestamptz
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    RETURN (SELECT recorded_at FROM log_head);
END
$$;

-- Appends events if the log still ends where the caller saw it end: at the position, with the event of that time. Then nothing was
-- appended since, and what the caller knows of the streams is true until this commits. Answers the time of the events, which lie
-- side by side after that position; NULL, and nothing is written, where the log has moved on.
--   known_head, known_at            what the caller's last append answered, or found
--   categories, ids, versions       where each event goes; the version is its own
--   payload_digests, metadata_digests   as for append_group, and metadata too is of each event
CREATE FUNCTION append_many_to_known_log(
    known_head bigint, known_at timestamptz,
    categories text[], ids text[], versions bigint[], event_ids uuid[], types text[], schema_versions bigint[],
    payloads text[], payload_digests text[], metadata text[], metadata_digests text[]
) RETURNS timestamptz
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    written_at timestamptz;
    written_text text;
    ignored text;
BEGIN
    -- The lock until the commit. Who waits for it here looks again at what the other one left.
    UPDATE log_head AS h
    SET position = known_head + cardinality(event_ids), recorded_at = greatest(clock_timestamp(), known_at)
    WHERE h.position = known_head AND h.recorded_at = known_at
    RETURNING h.recorded_at INTO written_at;
    IF written_at IS NULL THEN
        RETURN NULL;
    END IF;
    written_text := envelope_time(written_at);
    INSERT INTO events (
        position, stream_category, stream_id, stream_version, event_id, type, schema_version, payload, metadata,
        recorded_at, leaf_hash)
    SELECT
        known_head + e.number, e.category, e.stream, e.version, e.id, e.type, e.schema_version, e.payload::jsonb,
        e.metadata::jsonb, written_at,
        event_leaf_hash(
            known_head + e.number, e.category, e.stream, e.version, e.id::text, e.type, e.schema_version,
            e.payload_digest, e.metadata_digest, written_text)
    FROM
        unnest(
            categories, ids, versions, event_ids, types, schema_versions, payloads, payload_digests, metadata,
            metadata_digests) WITH ORDINALITY
            AS e (
                category, stream, version, id, type, schema_version, payload, payload_digest, metadata, metadata_digest,
                number);
    ignored := pg_notify('deploycenter_events', (known_head + cardinality(event_ids))::text);
    RETURN written_at;
END
$$;

-- The same for one event: without arrays it takes two thirds of the time.
CREATE FUNCTION append_one_to_known_log(
    known_head bigint, known_at timestamptz,
    category text, id text, version bigint, event_id uuid, type text, schema_version integer, payload jsonb,
    payload_digest text, metadata jsonb, metadata_digest text
) RETURNS timestamptz
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_variable
DECLARE
    written_at timestamptz;
    ignored text;
BEGIN
    UPDATE log_head AS h
    SET position = known_head + 1, recorded_at = greatest(clock_timestamp(), known_at)
    WHERE h.position = known_head AND h.recorded_at = known_at
    RETURNING h.recorded_at INTO written_at;
    IF written_at IS NULL THEN
        RETURN NULL;
    END IF;
    INSERT INTO events (
        position, stream_category, stream_id, stream_version, event_id, type, schema_version, payload, metadata,
        recorded_at, leaf_hash)
    VALUES (
        known_head + 1, category, id, version, event_id, type, schema_version, payload, metadata, written_at,
        event_leaf_hash(
            known_head + 1, category, id, version, event_id::text, type, schema_version, payload_digest, metadata_digest,
            envelope_time(written_at)));
    ignored := pg_notify('deploycenter_events', (known_head + 1)::text);
    RETURN written_at;
END
$$;
