COPY (
    SELECT
        position, stream_category, stream_id, stream_version, event_id, type, schema_version, payload, metadata,
        recorded_at
    FROM events
    ORDER BY position) TO STDOUT (FORMAT binary)
