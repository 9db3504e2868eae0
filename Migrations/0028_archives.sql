-- Old partitions of the log as files: which ranges left the database, and guards so that nobody misses their events silently.
CREATE TABLE event_archives (
    first_position bigint NOT NULL CONSTRAINT archive_is_recorded_once PRIMARY KEY,
    last_position bigint NOT NULL CONSTRAINT archive_is_a_range CHECK (last_position >= first_position),
    -- The partition as it was called; detached it keeps its name until it is dropped.
    partition_name text NOT NULL,
    -- Names the file in the folder of archives, and its manifest beside it.
    file text NOT NULL CONSTRAINT archive_file_is_named_once UNIQUE,
    sha256 text NOT NULL CONSTRAINT archive_is_hashed CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    root text NOT NULL CONSTRAINT archive_has_a_root CHECK (root ~ '^[0-9a-f]{64}$'),
    archived_at timestamptz NOT NULL DEFAULT now()
);

-- The last position that is archived; 0 if the whole log is in the database. Archives are the log's beginning, without gaps.
CREATE FUNCTION archived_up_to() RETURNS bigint
LANGUAGE sql STABLE
RETURN (SELECT coalesce(max(last_position), 0) FROM event_archives);

-- Answers the position, or fails where events after it are archived: for readers, who must never miss them silently.
CREATE FUNCTION require_available(after bigint) RETURNS bigint
LANGUAGE plpgsql STABLE AS $$
DECLARE
    archived bigint := archived_up_to();
BEGIN
    IF after < archived THEN
        RAISE EXCEPTION 'the events up to position % are archived', archived
            USING ERRCODE = 'SV003', DETAIL = archived::text, HINT = 'Restore the archive: deploycenter events restore.';
    END IF;
    RETURN after;
END
$$;

-- Answers the version, or fails where events of the stream after it are archived.
CREATE FUNCTION require_stream_available(stream_category text, stream_id text, after bigint) RETURNS bigint
LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF EXISTS (
        SELECT FROM archived_streams AS a WHERE a.category = stream_category AND a.id = stream_id AND a.version > after)
    THEN
        PERFORM require_available(0);
    END IF;
    RETURN after;
END
$$;

-- Says that the events of a partition are archived, and remembers how far its streams had come. From here on readers are refused,
-- even while the partition is still attached.
CREATE FUNCTION record_archive(
    partition regclass, first bigint, last bigint, file_name text, file_sha256 text, file_root text
) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO event_archives (first_position, last_position, partition_name, file, sha256, root)
    SELECT first, last, c.relname, file_name, file_sha256, file_root
    FROM pg_class AS c
    WHERE c.oid = partition;
    EXECUTE format(
        $heads$
        INSERT INTO archived_streams (category, id, version)
        SELECT stream_category, stream_id, max(stream_version) FROM %s GROUP BY stream_category, stream_id
        ON CONFLICT ON CONSTRAINT archived_stream_is_listed_once DO UPDATE SET version = excluded.version
        $heads$, partition);
END
$$;

-- Makes the table of a restored range, empty and not attached.
CREATE FUNCTION make_restored_table(name text, first bigint, last bigint) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('DROP TABLE IF EXISTS %I', name);
    EXECUTE format(
        $table$
        CREATE TABLE %1$I (
            LIKE events INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE INCLUDING COMPRESSION,
            CONSTRAINT %2$I PRIMARY KEY (position),
            CONSTRAINT %3$I UNIQUE (stream_category, stream_id, stream_version),
            CONSTRAINT %4$I UNIQUE (event_id),
            CONSTRAINT %5$I CHECK (position >= %6$s AND position <= %7$s)
        )
        $table$,
        name, name || '_position_is_unique', name || '_stream_version_is_unique', name || '_event_id_is_unique',
        name || '_range', first, last);
    EXECUTE format('CREATE INDEX %I ON %I (stream_category, position)', name || '_by_category', name);
END
$$;

-- Puts archived events, one JSON object each, into the table of a restored range.
CREATE FUNCTION restore_events(name text, lines text[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format(
        $events$
        INSERT INTO %I (
            position, stream_category, stream_id, stream_version, event_id, type, schema_version, payload, metadata,
            recorded_at, leaf_hash)
        SELECT
            (e.line ->> 'position')::bigint, e.line ->> 'category', e.line ->> 'streamID',
            (e.line ->> 'streamVersion')::bigint, (e.line ->> 'id')::uuid, e.line ->> 'type',
            (e.line ->> 'schemaVersion')::integer, e.line -> 'payload', e.line -> 'metadata',
            (e.line ->> 'recordedAt')::timestamptz, decode(e.line ->> 'leafHash', 'hex')
        FROM (SELECT l.line::jsonb AS line FROM unnest($1) AS l (line)) AS e
        $events$, name)
    USING lines;
END
$$;

-- Attaches the table of the last archived range again and forgets that it was archived.
CREATE FUNCTION attach_restored_table(name text, first bigint, last bigint) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF last <> archived_up_to() THEN
        RAISE EXCEPTION 'the archive up to position % comes first', archived_up_to() USING ERRCODE = '55000';
    END IF;
    IF NOT EXISTS (
        SELECT FROM pg_trigger WHERE tgrelid = format('%I', name)::regclass AND tgname = 'events_are_never_changed')
    THEN
        EXECUTE format(
            'CREATE TRIGGER events_are_never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON %I '
            'FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', name);
        EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER events_are_never_changed', name);
    END IF;
    EXECUTE format('ALTER TABLE events ATTACH PARTITION %I FOR VALUES FROM (%s) TO (%s)', name, first, last + 1);
    DELETE FROM event_archives WHERE first_position = first;
    -- What is archived of these streams still, if anything, ends where their events in the table begin.
    EXECUTE format(
        $heads$
        WITH begun AS (
            SELECT stream_category AS category, stream_id AS id, min(stream_version) - 1 AS version
            FROM %1$I
            GROUP BY stream_category, stream_id
        ), gone AS (
            DELETE FROM archived_streams AS a USING begun AS b
            WHERE a.category = b.category AND a.id = b.id AND b.version = 0
        )
        UPDATE archived_streams AS a SET version = b.version
        FROM begun AS b
        WHERE a.category = b.category AND a.id = b.id AND b.version > 0
        $heads$, name);
END
$$;

-- Who has not read up to a position: their names, which an archive up to there would leave behind.
CREATE FUNCTION readers_before(up_to bigint) RETURNS SETOF text
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT 'process:' || process FROM process_checkpoints WHERE position < up_to
    UNION ALL
    SELECT 'projection:' || view FROM projection_generations WHERE state <> 'retired' AND position < up_to;
END;
