-- Notes that a portion is folded, in the transaction that folded it.
-- $1 generation, $2 bucket
UPDATE projection_buckets
SET done_at = clock_timestamp()
WHERE generation = $1 AND bucket = $2;
