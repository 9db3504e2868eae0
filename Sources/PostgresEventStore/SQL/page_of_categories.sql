-- A page of the log, of some categories, read in binary form by column number. Parameters: after this position, up to this one,
-- limit, categories. Each category is read in the order of its index and not beyond the limit, and then they are merged.
-- Fails where some of it is archived; a page without rows is to be asked about, for partitions that are pruned ask nothing.
SELECT
    e.position, e.stream_category, e.stream_id, e.stream_version, e.event_id, e.type, e.schema_version, e.payload, e.metadata,
    e.recorded_at
FROM
    (SELECT DISTINCT category FROM unnest($4::text[]) AS given (category)) AS wanted,
    LATERAL (
        SELECT
            position, stream_category, stream_id, stream_version, event_id, type, schema_version, payload, metadata,
            recorded_at
        FROM events
        WHERE stream_category = wanted.category AND position > (SELECT require_available($1::bigint)) AND position <= $2::bigint
        ORDER BY position
        LIMIT $3::bigint
    ) AS e
ORDER BY e.position
LIMIT $3::bigint
