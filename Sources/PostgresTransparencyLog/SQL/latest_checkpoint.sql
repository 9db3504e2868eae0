-- What was signed last, backwards. Parameters: how many.
SELECT tree_size, root, note
FROM audit_checkpoints
WHERE tree_size IS NOT NULL
ORDER BY tree_size DESC
LIMIT $1::bigint
