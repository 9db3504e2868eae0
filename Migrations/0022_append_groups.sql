-- A whole group of appends in one call: one lock, one commit, and an outcome for each.
--
-- An item is one append. Its parts are the streams that it writes or only checks; parts come item by item, events part by part, and
-- both count from 1 and name their item or part by that number.
--   item_metadata, item_metadata_digests   JSON text; SHA-256 of its canonical form in hex
--   item_actors, item_keys, item_digests   the command's identity, NULL without; empty arrays if no item has one
--   item_effects, item_tokens              the effect that ends with the item, NULL without; empty arrays if no item has one
--   part_expectations                      a version, 0 for no stream yet, -1 for any, -2 for a stream that exists
--   part_counts                            its events
--   part_firsts                            the first part of the group with the same stream
--   part_earlier                           events of earlier parts for the same stream
--   part_offsets                           events of earlier parts for all streams
--   event_numbers                          from 1 within the part
--   has_new_types                          whether a type and version may be the log's first
-- Answers:
--   head        the position before the group
--   kinds       of each item: appended, repeated, conflict, key_reused or lease_lost; NULL if all are appended. After the last three
--               nothing of the item was written
--   positions   the last of each item; NULL if all are appended, each where its events' count puts it
--   conflicts   the part of each item that does not fit
--   versions    of each part's stream before it
--   outcomes    what each repeated item answered first, as JSON text
CREATE FUNCTION append_group(
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
            SELECT array_agg(c.digest ORDER BY i.ordinal), array_agg(c.outcome::text ORDER BY i.ordinal)
            INTO known_digests, outcomes
            FROM
                unnest(item_actors, item_keys) WITH ORDINALITY AS i (actor, key, ordinal)
                LEFT JOIN commands AS c ON c.actor = i.actor AND c.idempotency_key = i.key;
        END IF;
        IF cardinality(item_effects) > 0 THEN
            WITH locked AS MATERIALIZED (
                SELECT e.effect_id, e.lease_token
                FROM effects AS e
                WHERE e.effect_id = ANY (item_effects) AND e.ended_at IS NULL
                ORDER BY e.effect_id
                FOR UPDATE
            )
            SELECT array_agg(l.effect_id IS NOT NULL ORDER BY i.ordinal)
            INTO held
            FROM
                unnest(item_effects, item_tokens) WITH ORDINALITY AS i (effect, token, ordinal)
                LEFT JOIN locked AS l ON l.effect_id = i.effect AND l.lease_token = i.token;
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
                FOR earlier IN 1..item - 1 LOOP
                    IF item_keys[earlier] = item_keys[item] AND item_actors[earlier] = item_actors[item]
                        AND kinds[earlier] = 'appended'
                    THEN
                        original := earlier;
                    END IF;
                END LOOP;
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
                IF NOT held[item] THEN
                    kind := 'lease_lost';
                END IF;
                FOR earlier IN 1..item - 1 LOOP
                    IF item_effects[earlier] = item_effects[item] AND kinds[earlier] = 'appended' THEN
                        kind := 'lease_lost';
                    END IF;
                END LOOP;
            END IF;

            kinds[item] := kind;
            IF kind = 'appended' THEN
                FOR p IN first_part..last_part LOOP
                    starts[p] := head + added;
                    added := added + part_counts[p];
                    grown[part_firsts[p]] := grown[part_firsts[p]] + part_counts[p];
                END LOOP;
                positions[item] := head + added;
                IF item_keys[item] IS NOT NULL THEN
                    SELECT jsonb_build_object(
                        'kind', 'appended', 'position', head + added,
                        'versions', coalesce(
                            jsonb_object_agg(part_categories[n] || '-' || part_ids[n], versions[n] + part_counts[n]), '{}'))
                    INTO done
                    FROM generate_series(first_part, last_part) AS n;
                    outcomes[item] := done::text;
                    INSERT INTO commands (actor, idempotency_key, digest, outcome, recorded_at)
                    VALUES (item_actors[item], item_keys[item], item_digests[item], done, written_at);
                END IF;
            ELSIF original IS NOT NULL THEN
                outcomes[item] := outcomes[original];
            END IF;
        END LOOP;

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

-- The append of servers of an older build, as a group of one.
CREATE OR REPLACE FUNCTION append_events(
    categories text[], ids text[], expectations bigint[],
    event_streams bigint[], event_ids text[], event_types text[], schema_versions bigint[], payloads text[],
    event_metadata jsonb,
    command_actor text, command_key text, command_digest text,
    completed_effect text, completed_token bigint
) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
    answer record;
    counts bigint[] := ARRAY(
        SELECT (SELECT count(*) FROM unnest(event_streams) AS e (stream) WHERE e.stream = s.n)
        FROM generate_series(1, cardinality(categories)) AS s (n)
        ORDER BY s.n);
    offsets bigint[] := ARRAY(
        SELECT (SELECT count(*) FROM unnest(event_streams) AS e (stream) WHERE e.stream < s.n)
        FROM generate_series(1, cardinality(categories)) AS s (n)
        ORDER BY s.n);
    arranged record;
BEGIN
    SELECT
        coalesce(array_agg(e.stream ORDER BY e.stream, e.ordinal), '{}') AS parts,
        coalesce(array_agg(e.number ORDER BY e.stream, e.ordinal), '{}') AS numbers,
        coalesce(array_agg(e.id::uuid ORDER BY e.stream, e.ordinal), '{}') AS ids,
        coalesce(array_agg(e.type ORDER BY e.stream, e.ordinal), '{}') AS types,
        coalesce(array_agg(e.schema_version ORDER BY e.stream, e.ordinal), '{}') AS schema_versions,
        coalesce(array_agg(e.payload ORDER BY e.stream, e.ordinal), '{}') AS payloads,
        coalesce(array_agg(canonical_digest(e.payload::jsonb) ORDER BY e.stream, e.ordinal), '{}') AS digests
    INTO arranged
    FROM (
        SELECT u.*, row_number() OVER (PARTITION BY u.stream ORDER BY u.ordinal) AS number
        FROM unnest(event_streams, event_ids, append_events.event_types, append_events.schema_versions, append_events.payloads)
            WITH ORDINALITY AS u (stream, id, type, schema_version, payload, ordinal)) AS e;
    answer := append_group(
        ARRAY[event_metadata::text], ARRAY[canonical_digest(event_metadata)],
        ARRAY[command_actor], ARRAY[command_key], ARRAY[command_digest], ARRAY[completed_effect], ARRAY[completed_token],
        array_fill(1::bigint, ARRAY[cardinality(categories)]), categories, ids, expectations, counts,
        ARRAY(SELECT n FROM generate_series(1::bigint, cardinality(categories)) AS n ORDER BY n),
        array_fill(0::bigint, ARRAY[cardinality(categories)]), offsets,
        arranged.parts, arranged.numbers, arranged.ids, arranged.types, arranged.schema_versions, arranged.payloads,
        arranged.digests, true);
    RETURN CASE answer.kinds[1]
        WHEN 'repeated' THEN answer.outcomes[1]::jsonb || '{"kind": "repeated"}'
        WHEN 'conflict' THEN jsonb_build_object(
            'kind', 'conflict', 'category', categories[answer.conflicts[1]], 'id', ids[answer.conflicts[1]],
            'actual', answer.versions[answer.conflicts[1]])
        WHEN 'appended' THEN jsonb_build_object(
            'kind', 'appended', 'position', answer.positions[1],
            'versions', (
                SELECT coalesce(jsonb_object_agg(categories[n] || '-' || ids[n], answer.versions[n] + counts[n]), '{}')
                FROM generate_subscripts(categories, 1) AS n))
        ELSE jsonb_build_object('kind', answer.kinds[1])
    END;
END
$$;
