-- Writes blocks of deployments straight into the log, as append_events would, with their events side by side.
-- $1 deployments in a block, $2 types, $3 payloads and $4 their digests in order, $5 metadata, $6 its digest,
-- $7 first block and $8 last block, counted from 0
INSERT INTO events (
    position, stream_category, stream_id, stream_version, event_id, type, schema_version, payload, metadata, recorded_at,
    leaf_hash)
SELECT
    position, 'deployment', stream, version, event_id, type, 1, payload, $5::jsonb, recorded_at,
    sha256(
        '\x00'::bytea
        || convert_to(
            format(
                '{"id":"%s","metadata":"%s","payload":"%s","position":%s,"recordedAt":"%s","schemaVersion":1,"stream":"deployment-%s","streamVersion":%s,"type":"%s"}',
                event_id, $6::text, digest, position,
                to_char(recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), stream, version, type),
            'UTF8'))
FROM (
    SELECT
        place.position, format('c%s-shop%s-production', block % 500, block * $1::bigint + lane) AS stream, version,
        md5(place.position::text)::uuid AS event_id, type, payload::jsonb AS payload, digest,
        timestamptz '2026-01-01 00:00:00+00' + place.position * interval '1 millisecond' AS recorded_at
    FROM generate_series($7::bigint, $8::bigint) AS block
    CROSS JOIN unnest($2::text[], $3::text[], $4::text[]) WITH ORDINALITY AS story (type, payload, digest, version)
    CROSS JOIN generate_series(0, $1::bigint - 1) AS lane
    CROSS JOIN LATERAL (
        SELECT (block * cardinality($2::text[]) + version - 1) * $1::bigint + lane + 1 AS position
    ) AS place
    ORDER BY place.position
) AS facts
