-- Divides the streams up to a position into portions of about as many events, from a sample of the log's pages. No portion has streams of
-- two categories, so that it is one range of the index of streams.
-- $1 last position, $2 event types or NULL for all, $3 percent of the pages, $4 events in a portion
WITH RECURSIVE sample AS (
    SELECT stream_category, stream_id
    FROM events TABLESAMPLE SYSTEM ($3::real)
    WHERE position <= $1 AND ($2::text[] IS NULL OR type = ANY ($2::text[]))
), categories AS (
    (SELECT stream_category FROM events ORDER BY stream_category LIMIT 1)
    UNION ALL
    SELECT (
        SELECT events.stream_category
        FROM events
        WHERE events.stream_category > categories.stream_category
        ORDER BY events.stream_category
        LIMIT 1)
    FROM categories
    WHERE categories.stream_category IS NOT NULL
), numbered AS (
    SELECT
        stream_category, stream_id,
        (row_number() OVER (PARTITION BY stream_category ORDER BY stream_id) - 1)
        / greatest(1, ceil($4::bigint * $3::real / 100)::bigint) AS portion
    FROM sample
), bounds AS (
    SELECT stream_category, '' AS from_id FROM categories WHERE stream_category IS NOT NULL
    UNION
    SELECT stream_category, min(stream_id) FROM numbered WHERE portion > 0 GROUP BY stream_category, portion
), ranges AS (
    SELECT
        stream_category, from_id, lead(from_id) OVER (PARTITION BY stream_category ORDER BY from_id) AS until_id
    FROM bounds
)
SELECT
    ranges.stream_category, ranges.from_id, ranges.until_id,
    (
        SELECT (count(*) * 100 / $3::real)::bigint
        FROM sample
        WHERE
            sample.stream_category = ranges.stream_category AND sample.stream_id >= ranges.from_id
            AND (ranges.until_id IS NULL OR sample.stream_id < ranges.until_id)
    ) AS events
FROM ranges
ORDER BY ranges.stream_category, ranges.from_id;
