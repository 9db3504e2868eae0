-- What was signed at a size. Parameters: tree size.
SELECT tree_size, root, note
FROM audit_checkpoints
WHERE tree_size = $1::bigint
