-- What was signed last, backwards. Parameters: how many.
SELECT tree_size, root, note
FROM audit_checkpoints
ORDER BY tree_size DESC
LIMIT $1::bigint
