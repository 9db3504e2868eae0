-- Notes what a witness has been given. Parameters: witness, tree size.
INSERT INTO audit_witnesses (witness, tree_size, published_at)
VALUES ($1, $2::bigint, clock_timestamp())
ON CONFLICT ON CONSTRAINT witness_is_named_once DO UPDATE
SET tree_size = excluded.tree_size, published_at = excluded.published_at
WHERE audit_witnesses.tree_size <> excluded.tree_size
