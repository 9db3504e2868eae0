-- The log from a position on, of all categories. Parameters: position, limit.
SELECT
    position, stream_category, stream_id, stream_version, event_id::text AS event_id, type, schema_version,
    payload::text AS payload, metadata::text AS metadata, recorded_at
FROM events
WHERE position > $1::bigint
ORDER BY position
LIMIT $2::bigint
