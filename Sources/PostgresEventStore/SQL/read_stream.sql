-- One stream in order. Parameters: category, id, first version.
SELECT
    position, stream_category, stream_id, stream_version, event_id::text AS event_id, type, schema_version,
    payload::text AS payload, metadata::text AS metadata, recorded_at
FROM events
WHERE stream_category = $1 AND stream_id = $2 AND stream_version >= $3::bigint
ORDER BY stream_version
