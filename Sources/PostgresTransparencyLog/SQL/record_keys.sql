-- Records since when keys sign. Parameters: verifier keys, tree size.
INSERT INTO audit_keys (verifier_key, first_tree_size)
SELECT verifier_key, $2::bigint FROM unnest($1::text[]) AS k (verifier_key)
ON CONFLICT ON CONSTRAINT key_is_recorded_once DO NOTHING
