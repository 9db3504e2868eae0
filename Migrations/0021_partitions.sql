-- The log in partitions by position, made ahead of need and detachable, with a leaf of the audit tree for each event.
--
-- Holds the log for as long as computing the leaves of what is there takes: some ten thousand events a second.
--
-- In the order in which appends take them, and the whole of each at once: an append that runs ends, one that comes waits.
LOCK TABLE log_head IN ACCESS EXCLUSIVE MODE;
LOCK TABLE events IN ACCESS EXCLUSIVE MODE;

-- RFC 8785 orders the members of an object by UTF-16 code units, which is not the order of code points above U+FFFF.
CREATE FUNCTION utf16_units(value text) RETURNS integer[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT array_agg(u.unit ORDER BY c.ordinal, u.ordinal)
    FROM
        (
            SELECT s.ordinal, ascii(s.symbol) AS code
            FROM regexp_split_to_table(value, '') WITH ORDINALITY AS s (symbol, ordinal)
        ) AS c,
        unnest(
            CASE
                WHEN c.code < 65536 THEN ARRAY[c.code]
                ELSE ARRAY[55296 + ((c.code - 65536) >> 10), 56320 + ((c.code - 65536) & 1023)]
            END) WITH ORDINALITY AS u (unit, ordinal)
$$;

-- A number as ECMAScript writes the double next to it, which is what RFC 8785 asks for.
CREATE FUNCTION canonical_number(value numeric) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET extra_float_digits = 1 AS $$
DECLARE
    double double precision := value::double precision;
    written text := abs(double)::text;
    digits text;
    exponent integer := 0;
    point integer;
    shorter text;
BEGIN
    IF double = 0 THEN
        RETURN '0';
    END IF;
    IF strpos(written, 'e') > 0 THEN
        exponent := split_part(written, 'e', 2)::integer;
        written := split_part(written, 'e', 1);
    END IF;
    -- The value is 0.digits times ten to the power `point`.
    digits := replace(written, '.', '');
    point := length(split_part(written, '.', 1)) + exponent;
    point := point - (length(digits) - length(ltrim(digits, '0')));
    digits := trim(BOTH '0' FROM digits);
    -- Postgres does not use a decimal that lies just on the border of the double's interval; ECMAScript does where the double is even.
    WHILE length(digits) > 1 AND abs(double) < 1e308 LOOP
        shorter := NULL;
        SELECT c.candidate::text INTO shorter
        FROM (VALUES (left(digits, -1)::numeric), (left(digits, -1)::numeric + 1)) AS c (candidate)
        WHERE (c.candidate::text || 'e' || (point - length(digits) + 1))::double precision = abs(double)
        LIMIT 1;
        EXIT WHEN shorter IS NULL;
        point := point + length(shorter) - (length(digits) - 1);
        digits := rtrim(shorter, '0');
    END LOOP;
    RETURN CASE WHEN double < 0 THEN '-' ELSE '' END || CASE
        WHEN point BETWEEN length(digits) AND 21 THEN rpad(digits, point, '0')
        WHEN point BETWEEN 1 AND 21 THEN left(digits, point) || '.' || substr(digits, point + 1)
        WHEN point BETWEEN -5 AND 0 THEN '0.' || repeat('0', -point) || digits
        ELSE left(digits, 1) || CASE WHEN length(digits) > 1 THEN '.' || substr(digits, 2) ELSE '' END
            || 'e' || CASE WHEN point > 0 THEN '+' ELSE '-' END || abs(point - 1)
    END;
END
$$;

-- The canonical form of RFC 8785, of which digests are taken. Slow: whoever appends computes it elsewhere.
CREATE FUNCTION canonical_json(value jsonb) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    written text;
BEGIN
    CASE jsonb_typeof(value)
        WHEN 'object' THEN
            IF EXISTS (SELECT FROM jsonb_object_keys(value) AS k (key) WHERE k.key ~ '[\uE000-\U0010FFFF]') THEN
                SELECT string_agg(to_json(m.key)::text || ':' || canonical_json(m.value), ',' ORDER BY utf16_units(m.key))
                INTO written
                FROM jsonb_each(value) AS m;
            ELSE
                SELECT string_agg(to_json(m.key)::text || ':' || canonical_json(m.value), ',' ORDER BY m.key COLLATE "C")
                INTO written
                FROM jsonb_each(value) AS m;
            END IF;
            RETURN '{' || coalesce(written, '') || '}';
        WHEN 'array' THEN
            SELECT string_agg(canonical_json(e.value), ',' ORDER BY e.ordinal)
            INTO written
            FROM jsonb_array_elements(value) WITH ORDINALITY AS e (value, ordinal);
            RETURN '[' || coalesce(written, '') || ']';
        WHEN 'string' THEN
            RETURN to_json(value #>> '{}')::text;
        WHEN 'number' THEN
            written := value::text;
            RETURN CASE
                WHEN written ~ '^-?[0-9]{1,15}$' THEN written ELSE canonical_number(written::numeric)
            END;
        ELSE
            RETURN value::text;
    END CASE;
END
$$;

CREATE FUNCTION canonical_digest(value jsonb) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN encode(sha256(convert_to(canonical_json(value), 'UTF8')), 'hex');

-- A time as the envelope of an event says it.
CREATE FUNCTION envelope_time(moment timestamptz) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN to_char(moment AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');

-- The leaf of RFC 6962 for an event: SHA-256 over a zero byte and the event's envelope in canonical form. Digests are in hex.
CREATE FUNCTION event_leaf_hash(
    event_position bigint, category text, id text, version bigint, event_id text, event_type text, schema_version bigint,
    payload_digest text, metadata_digest text, recorded text
) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE
RETURN sha256('\x00'::bytea || convert_to(
    '{"id":"' || event_id || '","metadata":"' || metadata_digest || '","payload":"' || payload_digest
    || '","position":' || event_position || ',"recordedAt":"' || recorded || '","schemaVersion":' || schema_version
    || ',"stream":' || to_json(category || '-' || id)::text || ',"streamVersion":' || version
    || ',"type":"' || event_type || '"}', 'UTF8'));

-- One rewrite of the table, which triggers do not see, fills the column.
ALTER TABLE events ADD COLUMN leaf_hash bytea;
ALTER TABLE events
    ALTER COLUMN leaf_hash TYPE bytea USING event_leaf_hash(
        position, stream_category, stream_id, stream_version, event_id::text, type, schema_version,
        canonical_digest(payload), canonical_digest(metadata), envelope_time(recorded_at)),
    ALTER COLUMN leaf_hash SET NOT NULL,
    ADD CONSTRAINT leaf_is_sha256 CHECK (octet_length(leaf_hash) = 32);

-- The first partition is what there was, under new names; views go on reading the whole log.
DO $$
DECLARE
    size CONSTANT bigint := 10000000;
    upper_position bigint := ((SELECT position FROM log_head) / size + 1) * size + 1;
    readers text[] := ARRAY(
        SELECT DISTINCT format('CREATE OR REPLACE VIEW %s AS %s', r.ev_class::regclass, pg_get_viewdef(r.ev_class))
        FROM pg_depend AS d JOIN pg_rewrite AS r ON r.oid = d.objid
        WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass
            AND d.refobjid = 'events'::regclass);
    reader text;
BEGIN
    ALTER TABLE events RENAME TO events_p1;
    ALTER TABLE events_p1 RENAME CONSTRAINT events_position_is_unique TO events_p1_position_is_unique;
    ALTER TABLE events_p1 RENAME CONSTRAINT stream_version_is_unique TO events_p1_stream_version_is_unique;
    ALTER TABLE events_p1 RENAME CONSTRAINT event_id_is_unique TO events_p1_event_id_is_unique;
    ALTER INDEX events_by_category RENAME TO events_p1_by_category;
    EXECUTE format(
        'ALTER TABLE events_p1 ADD CONSTRAINT events_p1_range CHECK (position >= 1 AND position < %s)', upper_position);
    CREATE TABLE events (LIKE events_p1 INCLUDING DEFAULTS INCLUDING CONSTRAINTS) PARTITION BY RANGE (position);
    ALTER TABLE events DROP CONSTRAINT events_p1_range;
    ALTER TABLE events ADD CONSTRAINT events_position_is_unique PRIMARY KEY (position);
    CREATE INDEX events_by_category ON events (stream_category, position);
    EXECUTE format('ALTER TABLE events ATTACH PARTITION events_p1 FOR VALUES FROM (1) TO (%s)', upper_position);
    FOREACH reader IN ARRAY readers LOOP
        EXECUTE reader;
    END LOOP;
END
$$;
-- A trigger on the whole does not guard a partition that is named itself.
CREATE TRIGGER events_are_never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON events
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE events ENABLE ALWAYS TRIGGER events_are_never_changed;

-- What is attached, from the catalogue, which is always right.
CREATE VIEW event_partitions AS
SELECT
    c.oid::regclass AS partition,
    (regexp_match(b.bound, 'FROM \(''?(\d+)''?\)'))[1]::bigint AS first_position,
    (regexp_match(b.bound, 'TO \(''?(\d+)''?\)'))[1]::bigint - 1 AS last_position
FROM
    pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid,
    LATERAL (SELECT pg_get_expr(c.relpartbound, c.oid) AS bound) AS b
WHERE i.inhparent = 'events'::regclass AND NOT i.inhdetachpending;

-- Makes partitions until `ahead` are empty beyond the one that takes the next event, and answers how many it made. Each is a table
-- with everything on it before it is attached, so that neither readers nor writers wait; those who call at once take turns.
--
-- A unique constraint of the whole would have to hold the position, so versions and ids are unique within a partition; across them
-- the check under the lock of the log's head keeps versions unique.
CREATE FUNCTION make_event_partitions(size bigint, ahead bigint) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    home text;
    name text;
    first bigint;
    made bigint := 0;
BEGIN
    IF size < 1 OR ahead < 0 THEN
        RAISE EXCEPTION 'a partition holds at least one position' USING ERRCODE = '22023';
    END IF;
    IF (SELECT count(*) FROM event_partitions WHERE first_position > (SELECT position + 1 FROM log_head)) >= ahead
        AND EXISTS (SELECT FROM event_partitions WHERE last_position > (SELECT position FROM log_head))
    THEN
        RETURN 0;
    END IF;
    LOCK TABLE events IN SHARE UPDATE EXCLUSIVE MODE;
    SELECT n.nspname INTO home
    FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.oid = 'events'::regclass;
    LOOP
        SELECT coalesce(max(p.last_position), (SELECT position FROM log_head)) + 1 INTO first FROM event_partitions AS p;
        EXIT WHEN first > (SELECT position + 1 FROM log_head) AND (
            SELECT count(*) FROM event_partitions WHERE first_position > (SELECT position + 1 FROM log_head)) >= ahead;
        name := 'events_p' || first;
        EXECUTE format(
            $table$
            CREATE TABLE %1$I.%2$I (
                LIKE %1$I.events INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE INCLUDING COMPRESSION,
                CONSTRAINT %3$I PRIMARY KEY (position),
                CONSTRAINT %4$I UNIQUE (stream_category, stream_id, stream_version),
                CONSTRAINT %5$I UNIQUE (event_id),
                CONSTRAINT %6$I CHECK (position >= %7$s AND position < %8$s)
            )
            $table$,
            home, name, name || '_position_is_unique', name || '_stream_version_is_unique', name || '_event_id_is_unique',
            name || '_range', first, first + size);
        EXECUTE format('CREATE INDEX %I ON %I.%I (stream_category, position)', name || '_by_category', home, name);
        EXECUTE format(
            'CREATE TRIGGER events_are_never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON %I.%I '
            'FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', home, name);
        EXECUTE format('ALTER TABLE %I.%I ENABLE ALWAYS TRIGGER events_are_never_changed', home, name);
        EXECUTE format(
            'ALTER TABLE %1$I.events ATTACH PARTITION %1$I.%2$I FOR VALUES FROM (%3$s) TO (%4$s)',
            home, name, first, first + size);
        made := made + 1;
    END LOOP;
    RETURN made;
END
$$;
SELECT make_event_partitions(10000000, 2);

-- Times do not run against positions, even when the server's clock is set back.
ALTER TABLE log_head ADD COLUMN recorded_at timestamptz NOT NULL DEFAULT '-infinity';
UPDATE log_head SET recorded_at = coalesce((SELECT max(e.recorded_at) FROM events AS e), '-infinity');

-- Every stored name and version, so that a build learns before it serves whether it can read this log.
CREATE TABLE event_types (
    type text NOT NULL,
    schema_version integer NOT NULL,
    first_position bigint NOT NULL,
    CONSTRAINT event_type_is_listed_once PRIMARY KEY (type, schema_version)
);
INSERT INTO event_types (type, schema_version, first_position)
SELECT type, schema_version, min(position)
FROM events
GROUP BY type, schema_version;

-- The last version of each stream all of whose events lie in partitions that were detached.
CREATE TABLE archived_streams (
    category text NOT NULL,
    id text NOT NULL,
    version bigint NOT NULL CONSTRAINT archived_version_counts_from_one CHECK (version > 0),
    CONSTRAINT archived_stream_is_listed_once PRIMARY KEY (category, id)
);

-- Fills what is new for the append of 0003: of servers that go on running, and of calls that began before this migration and
-- waited for it. Whoever gives a leaf does not pay for this.
CREATE FUNCTION complete_older_event() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    new.leaf_hash := event_leaf_hash(
        new.position, new.stream_category, new.stream_id, new.stream_version, new.event_id::text, new.type,
        new.schema_version, canonical_digest(new.payload), canonical_digest(new.metadata), envelope_time(new.recorded_at));
    INSERT INTO event_types (type, schema_version, first_position)
    VALUES (new.type, new.schema_version, new.position)
    ON CONFLICT ON CONSTRAINT event_type_is_listed_once DO NOTHING;
    RETURN new;
END
$$;
CREATE TRIGGER older_events_are_completed BEFORE INSERT ON events
FOR EACH ROW WHEN (new.leaf_hash IS NULL) EXECUTE FUNCTION complete_older_event();
