-- The next portion of a rebuild that is not folded yet. Run with the generation locked, after await_builders.sql.
-- $1 generation
SELECT bucket, stream_category, from_id, until_id, events
FROM projection_buckets
WHERE generation = $1 AND done_at IS NULL
ORDER BY bucket
LIMIT 1;
