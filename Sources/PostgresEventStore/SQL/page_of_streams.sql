-- A page of the log, of some streams, read in binary form by column number. Parameters: after this position, up to this one,
-- limit, categories and ids of the streams side by side.
-- Fails where some of it is archived; a page without rows is to be asked about, for partitions that are pruned ask nothing.
SELECT
    e.position, e.stream_category, e.stream_id, e.stream_version, e.event_id, e.type, e.schema_version, e.payload, e.metadata,
    e.recorded_at
FROM (SELECT DISTINCT category, id FROM unnest($4::text[], $5::text[]) AS given (category, id)) AS wanted
INNER JOIN events AS e ON e.stream_category = wanted.category AND e.stream_id = wanted.id
WHERE e.position > (SELECT require_available($1::bigint)) AND e.position <= $2::bigint
ORDER BY e.position
LIMIT $3::bigint
