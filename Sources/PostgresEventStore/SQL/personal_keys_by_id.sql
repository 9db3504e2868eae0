-- Keys by their ids, destroyed ones too. Parameters: ids.
SELECT key_id::text AS key_id, subject, wrapped_key, master_key_id
FROM subject_keys
WHERE key_id = ANY ($1::text[]::uuid[])
