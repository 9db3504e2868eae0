-- Keeps a signed checkpoint. Parameters: tree size, root, note.
INSERT INTO audit_checkpoints (tree_size, root, note)
VALUES ($1::bigint, $2::bytea, $3)
