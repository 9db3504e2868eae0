-- A chunk of the log as lines of an archive, read in binary form by column number. Parameters: first and last position. Payload and
-- metadata are as they are stored; `leafHash` is the event's leaf in the audit tree.
SELECT
    position, leaf_hash,
    '{"position":' || position || ',"category":' || to_json(stream_category) || ',"streamID":' || to_json(stream_id)
    || ',"streamVersion":' || stream_version || ',"id":"' || event_id || '","type":' || to_json(type)
    || ',"schemaVersion":' || schema_version || ',"recordedAt":"' || envelope_time(recorded_at)
    || '","leafHash":"' || encode(leaf_hash, 'hex') || '","payload":' || payload || ',"metadata":' || metadata || '}'
FROM events
WHERE position BETWEEN $1::bigint AND $2::bigint
ORDER BY position
