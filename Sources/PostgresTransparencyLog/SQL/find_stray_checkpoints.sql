-- Checkpoints of sizes that the log does not have. Parameters: the log's size.
SELECT tree_size, root, note
FROM audit_checkpoints
WHERE tree_size < 1 OR tree_size > $1::bigint OR tree_size IS NULL
ORDER BY tree_size
LIMIT 100
