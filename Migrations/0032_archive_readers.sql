-- Archives leave no view behind that was begun, or is kept to go back to, while their file was written; and groups of many commands
-- hold the log's lock for less long.

-- Until the transaction ends nothing is recorded as archived: for whoever records it, and for whoever begins to read the whole log.
-- The number is ours alone: 'archives' in a sum.
CREATE FUNCTION lock_archiving() RETURNS void
LANGUAGE sql
BEGIN ATOMIC
    SELECT pg_advisory_xact_lock(7370417264);
END;

-- Who has not read up to a position: their names, which an archive up to there would leave behind, and what can be done about those
-- that nobody is served by.
CREATE OR REPLACE FUNCTION readers_before(up_to bigint) RETURNS SETOF text
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT 'process:' || process FROM process_checkpoints WHERE position < up_to
    UNION ALL
    SELECT
        'projection:' || view || CASE state
            WHEN 'live' THEN ''
            WHEN 'retired' THEN format(' (generation %s is kept to go back to: projections drop-old %s)', generation, view)
            ELSE format(' (generation %s is being built: wait, or projections drop-old %s)', generation, view)
        END
    FROM projection_generations
    WHERE position < up_to;
END;

-- Says that the events of a partition are archived, and remembers how far its streams had come. From here on readers are refused,
-- even while the partition is still attached. Asks once more who has not read them, now that nobody can begin.
CREATE OR REPLACE FUNCTION record_archive(
    partition regclass, first bigint, last bigint, file_name text, file_sha256 text, file_root text
) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    readers text;
BEGIN
    PERFORM lock_archiving();
    SELECT string_agg(r.reader, ', ' ORDER BY r.reader) INTO readers FROM readers_before(last) AS r (reader);
    IF readers IS NOT NULL THEN
        RAISE EXCEPTION 'not all have read it: %', readers USING ERRCODE = 'SV004';
    END IF;
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

-- As before, and what is asked of each item is looked up and not searched among the items before it, and commands are written at once.
CREATE OR REPLACE FUNCTION append_group(
    item_metadata text[], item_metadata_digests text[],
    item_actors text[], item_keys text[], item_digests text[], item_effects text[], item_tokens bigint[],
    part_items bigint[], part_categories text[], part_ids text[], part_expectations bigint[], part_counts bigint[],
    part_firsts bigint[], part_earlier bigint[], part_offsets bigint[],
    event_parts bigint[], event_numbers bigint[], event_ids uuid[], event_types text[], event_schema_versions bigint[],
    event_payloads text[], event_payload_digests text[], has_new_types boolean,
    OUT head bigint, OUT kinds text[], OUT positions bigint[], OUT conflicts bigint[], OUT versions bigint[],
    OUT outcomes text[]
)
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    written_at timestamptz;
    written_text text;
    all_fit boolean;
    -- Where each part's events begin, less one; NULL for a part that is not written.
    starts bigint[];
    added bigint := cardinality(event_ids);
    known_digests text[];
    -- The first item of the group with the same key, or with the same effect.
    key_firsts bigint[];
    effect_firsts bigint[];
    -- By those: the item that was appended with the key, and whether one was that ends the effect.
    originals bigint[];
    ended boolean[];
    held boolean[];
    -- Events that the group has added to the stream of each first part.
    grown bigint[];
    part integer := 1;
    first_part integer;
    last_part integer;
    actual bigint;
    kind text;
    original integer;
    done jsonb;
    ignored text;
BEGIN
    -- The lock until the commit, and as if every item would fit. Times do not run against positions whatever the clock does.
    UPDATE log_head AS h
    SET position = h.position + added, recorded_at = greatest(clock_timestamp(), h.recorded_at)
    RETURNING h.position - added, h.recorded_at INTO head, written_at;

    SELECT
        array_agg(v.version + p.earlier ORDER BY p.ordinal), array_agg(head + p.start ORDER BY p.ordinal),
        bool_and(
            CASE p.expected
                WHEN -1 THEN true WHEN -2 THEN v.version + p.earlier > 0 ELSE v.version + p.earlier = p.expected
            END)
    INTO versions, starts, all_fit
    FROM
        unnest(part_categories, part_ids, part_expectations, part_earlier, part_offsets) WITH ORDINALITY
            AS p (category, id, expected, earlier, start, ordinal),
        LATERAL (
            SELECT coalesce(
                (
                    SELECT max(e.stream_version)
                    FROM events AS e
                    WHERE e.stream_category = p.category AND e.stream_id = p.id),
                (SELECT a.version FROM archived_streams AS a WHERE a.category = p.category AND a.id = p.id),
                0) AS version
            OFFSET 0  -- Else the planner copies the look-up to each place that uses it.
        ) AS v;

    IF NOT all_fit OR cardinality(item_keys) > 0 OR cardinality(item_effects) > 0 THEN
        -- One after the other: an item sees what those before it have done, and nothing of those that failed.
        kinds := array_fill(NULL::text, ARRAY[cardinality(item_metadata)]);
        positions := array_fill(NULL::bigint, ARRAY[cardinality(item_metadata)]);
        conflicts := positions;
        outcomes := kinds;
        IF cardinality(item_keys) > 0 THEN
            SELECT
                array_agg(c.digest ORDER BY i.ordinal), array_agg(c.outcome::text ORDER BY i.ordinal),
                array_agg(i.first ORDER BY i.ordinal)
            INTO known_digests, outcomes, key_firsts
            FROM
                (
                    SELECT
                        actor, key, ordinal,
                        CASE WHEN key IS NOT NULL THEN min(ordinal) OVER (PARTITION BY actor, key) END AS first
                    FROM unnest(item_actors, item_keys) WITH ORDINALITY AS u (actor, key, ordinal)
                ) AS i
                LEFT JOIN commands AS c ON c.actor = i.actor AND c.idempotency_key = i.key;
            originals := array_fill(NULL::bigint, ARRAY[cardinality(item_keys)]);
        END IF;
        IF cardinality(item_effects) > 0 THEN
            WITH locked AS MATERIALIZED (
                SELECT e.effect_id, e.lease_token
                FROM effects AS e
                WHERE e.effect_id = ANY (item_effects) AND e.ended_at IS NULL
                ORDER BY e.effect_id
                FOR UPDATE
            )
            SELECT array_agg(l.effect_id IS NOT NULL ORDER BY i.ordinal), array_agg(i.first ORDER BY i.ordinal)
            INTO held, effect_firsts
            FROM
                (
                    SELECT effect, token, ordinal, min(ordinal) OVER (PARTITION BY effect) AS first
                    FROM unnest(item_effects, item_tokens) WITH ORDINALITY AS u (effect, token, ordinal)
                ) AS i
                LEFT JOIN locked AS l ON l.effect_id = i.effect AND l.lease_token = i.token;
            ended := array_fill(false, ARRAY[cardinality(item_effects)]);
        END IF;
        grown := array_fill(0::bigint, ARRAY[cardinality(part_items)]);
        added := 0;
        FOR item IN 1..cardinality(item_metadata) LOOP
            kind := 'appended';
            original := NULL;
            first_part := part;
            WHILE part_items[part] = item LOOP
                part := part + 1;
            END LOOP;
            last_part := part - 1;

            IF item_keys[item] IS NOT NULL THEN
                -- A command and its repetition in one group: the first that was appended is the original.
                original := originals[key_firsts[item]];
                IF coalesce(known_digests[item], item_digests[original]) <> item_digests[item] THEN
                    kind := 'key_reused';
                ELSIF known_digests[item] IS NOT NULL OR original IS NOT NULL THEN
                    kind := 'repeated';
                END IF;
            END IF;

            FOR p IN first_part..last_part LOOP
                actual := versions[p] - part_earlier[p] + grown[part_firsts[p]];
                versions[p] := actual;
                starts[p] := NULL;
                IF kind = 'appended' AND NOT (
                    CASE part_expectations[p]
                        WHEN -1 THEN true WHEN -2 THEN actual > 0 ELSE actual = part_expectations[p]
                    END)
                THEN
                    kind := 'conflict';
                    conflicts[item] := p;
                END IF;
            END LOOP;

            IF kind = 'appended' AND item_effects[item] IS NOT NULL THEN
                IF NOT held[item] OR ended[effect_firsts[item]] THEN
                    kind := 'lease_lost';
                END IF;
            END IF;

            kinds[item] := kind;
            IF kind = 'appended' THEN
                FOR p IN first_part..last_part LOOP
                    starts[p] := head + added;
                    added := added + part_counts[p];
                    grown[part_firsts[p]] := grown[part_firsts[p]] + part_counts[p];
                END LOOP;
                positions[item] := head + added;
                IF item_effects[item] IS NOT NULL THEN
                    ended[effect_firsts[item]] := true;
                END IF;
                IF item_keys[item] IS NOT NULL THEN
                    originals[key_firsts[item]] := item;
                    SELECT jsonb_build_object(
                        'kind', 'appended', 'position', head + added,
                        'versions', coalesce(
                            jsonb_object_agg(part_categories[n] || '-' || part_ids[n], versions[n] + part_counts[n]), '{}'))
                    INTO done
                    FROM generate_series(first_part, last_part) AS n;
                    outcomes[item] := done::text;
                END IF;
            ELSIF original IS NOT NULL THEN
                outcomes[item] := outcomes[original];
            END IF;
        END LOOP;

        IF cardinality(item_keys) > 0 THEN
            INSERT INTO commands (actor, idempotency_key, digest, outcome, recorded_at)
            SELECT i.actor, i.key, i.digest, i.outcome::jsonb, written_at
            FROM unnest(item_actors, item_keys, item_digests, outcomes, kinds) AS i (actor, key, digest, outcome, kind)
            WHERE i.key IS NOT NULL AND i.kind = 'appended';
        END IF;
        IF cardinality(item_effects) > 0 THEN
            UPDATE effects AS e
            SET ended_at = written_at, reason = 'recorded', lease_owner = NULL, lease_until = NULL
            FROM unnest(item_effects, kinds) AS i (effect, kind)
            WHERE e.effect_id = i.effect AND i.kind = 'appended';
        END IF;
        IF added <> cardinality(event_ids) THEN
            UPDATE log_head SET position = head + added;
        END IF;
    END IF;

    IF added > 0 THEN
        written_text := envelope_time(written_at);
        INSERT INTO events (
            position, stream_category, stream_id, stream_version, event_id, type, schema_version, payload, metadata,
            recorded_at, leaf_hash)
        SELECT
            starts[e.part] + e.number, part_categories[e.part], part_ids[e.part], versions[e.part] + e.number, e.id, e.type,
            e.schema_version, e.payload::jsonb, item_metadata[part_items[e.part]]::jsonb, written_at,
            event_leaf_hash(
                starts[e.part] + e.number, part_categories[e.part], part_ids[e.part], versions[e.part] + e.number, e.id::text,
                e.type, e.schema_version, e.payload_digest, item_metadata_digests[part_items[e.part]], written_text)
        FROM unnest(
            event_parts, event_numbers, event_ids, event_types, event_schema_versions, event_payloads, event_payload_digests)
            AS e (part, number, id, type, schema_version, payload, payload_digest)
        WHERE starts[e.part] IS NOT NULL;
        IF has_new_types THEN
            INSERT INTO event_types (type, schema_version, first_position)
            SELECT e.type, e.schema_version, min(starts[e.part] + e.number)
            FROM unnest(event_parts, event_numbers, event_types, event_schema_versions)
                AS e (part, number, type, schema_version)
            WHERE starts[e.part] IS NOT NULL
            GROUP BY e.type, e.schema_version
            ON CONFLICT ON CONSTRAINT event_type_is_listed_once DO NOTHING;
        END IF;
        -- Once a group, whatever it holds: notifications serialise commits, which the lock does already.
        ignored := pg_notify('deploycenter_events', (head + added)::text);
    END IF;
END
$$;
