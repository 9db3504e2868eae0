-- Events of a range of positions as they are stored, with the hash that was kept beside each. Parameters: after, up to.
SELECT
    position, stream_category, stream_id, stream_version, event_id, type, schema_version, payload, metadata, recorded_at,
    leaf_hash
FROM events
WHERE position > $1::bigint AND position <= $2::bigint
ORDER BY position
