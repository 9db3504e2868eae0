-- How much there is to fold up to a position: from a sample of the log's pages.
-- $1 last position, $2 event types or NULL for all, $3 percent of the pages
SELECT
    count(*) AS sampled,
    coalesce(avg(pg_column_size(payload) + 120), 0)::bigint AS bytes_each,
    (SELECT coalesce(min(position), 1) FROM events) AS first_position
FROM events TABLESAMPLE SYSTEM ($3::real)
WHERE position <= $1 AND ($2::text[] IS NULL OR type = ANY ($2::text[]));
