-- Since when keys sign.
SELECT verifier_key, first_tree_size
FROM audit_keys
ORDER BY first_tree_size, verifier_key
