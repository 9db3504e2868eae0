-- What was signed, in order. Parameters: after which size, up to which, how many.
SELECT tree_size, root, note
FROM audit_checkpoints
WHERE tree_size > $1::bigint AND tree_size <= $2::bigint
ORDER BY tree_size
LIMIT $3::bigint
