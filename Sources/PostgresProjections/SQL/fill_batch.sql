-- Copies the events of some streams to where the relation `batch` shows them. Run after enter_schema.sql, while it shows batch_rows.
-- $1 category, $2 from this id, $3 to before this id or NULL, $4 last position, $5 event types or NULL for all
INSERT INTO batch_rows (
    position, stream_category, stream_id, stream_version, event_id, type, schema_version, payload, metadata, recorded_at)
SELECT
    position, stream_category, stream_id, stream_version, event_id, type, schema_version, payload, metadata, recorded_at
FROM current_events
WHERE
    stream_category = $1 AND stream_id >= $2 AND ($3::text IS NULL OR stream_id < $3::text) AND position <= $4
    AND ($5::text[] IS NULL OR type = ANY ($5::text[]));
