-- The first event whose version is not its place in its stream. Streams may begin later than with version 1 where their beginning is
-- archived. Parameters: whether something is archived.
WITH broken AS (
    SELECT stream_category, stream_id
    FROM events
    GROUP BY stream_category, stream_id
    HAVING count(*) <> max(stream_version)::numeric - min(stream_version) + 1 OR (NOT $1::boolean AND min(stream_version) <> 1)
)
SELECT position, stream_category, stream_id, stream_version, expected
FROM (
    SELECT
        e.position, e.stream_category, e.stream_id, e.stream_version,
        row_number() OVER (PARTITION BY e.stream_category, e.stream_id ORDER BY e.position)
            + CASE WHEN $1::boolean THEN min(e.stream_version) OVER (PARTITION BY e.stream_category, e.stream_id) - 1 ELSE 0 END
            AS expected
    FROM broken
    JOIN events AS e USING (stream_category, stream_id)
) AS numbered
WHERE stream_version <> expected
ORDER BY position
LIMIT 1
