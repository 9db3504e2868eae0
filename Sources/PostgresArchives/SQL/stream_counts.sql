-- How many streams have events in a range that begins the log, and how many of them have later ones. Parameters: first and last
-- position.
WITH streams AS (
    SELECT DISTINCT stream_category, stream_id FROM events WHERE position BETWEEN $1::bigint AND $2::bigint
)
SELECT
    count(*) AS streams,
    count(*) FILTER (WHERE EXISTS (
        SELECT FROM events AS e
        WHERE e.stream_category = s.stream_category AND e.stream_id = s.stream_id AND e.position > $2::bigint)) AS living
FROM streams AS s
