-- The first signed checkpoint of the log that covers a position. Parameter: the position.
SELECT tree_size, note FROM audit_checkpoints WHERE tree_size >= $1::bigint ORDER BY tree_size LIMIT 1
