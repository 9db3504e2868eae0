-- Parks a stream from an event on. Parameters: process, category, stream, version, position, reason.
INSERT INTO parked_streams (process, stream_category, stream_id, stream_version, position, reason, parked_at)
VALUES ($1, $2, $3, $4::bigint, $5::bigint, $6, clock_timestamp())
ON CONFLICT ON CONSTRAINT stream_is_parked_once DO NOTHING
