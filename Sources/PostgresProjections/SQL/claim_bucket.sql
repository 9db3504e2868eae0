-- A portion of a rebuild that is not folded yet and that nobody else folds now, kept until the transaction ends.
-- $1 generation
SELECT bucket, stream_category, from_id, until_id, events
FROM projection_buckets
WHERE generation = $1 AND done_at IS NULL
ORDER BY bucket
LIMIT 1
FOR UPDATE SKIP LOCKED;
