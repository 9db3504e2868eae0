-- A page of one stream, read in binary form by column number. Parameters: category, id, after this version, after this position, up
-- to this one, limit.
-- Fails where some of it is archived; a page without rows is to be asked about, for partitions that are pruned ask nothing.
SELECT
    position, stream_category, stream_id, stream_version, event_id, type, schema_version, payload, metadata, recorded_at
FROM events
WHERE
    stream_category = $1 AND stream_id = $2 AND stream_version > (SELECT require_stream_available($1, $2, $3::bigint))
    AND position > $4::bigint AND position <= $5::bigint
ORDER BY stream_version
LIMIT $6::bigint
