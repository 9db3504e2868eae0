-- A page of the log, read in binary form by column number. Parameters: after this position, up to this one, limit.
-- Fails where some of it is archived; a page without rows is to be asked about, for partitions that are pruned ask nothing.
SELECT
    position, stream_category, stream_id, stream_version, event_id, type, schema_version, payload, metadata, recorded_at
FROM events
WHERE position > (SELECT require_available($1::bigint)) AND position <= $2::bigint
ORDER BY position
LIMIT $3::bigint
