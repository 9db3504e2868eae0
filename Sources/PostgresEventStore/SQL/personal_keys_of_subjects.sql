-- The usable keys of some subjects. Parameters: subjects.
SELECT key_id::text AS key_id, subject, wrapped_key, master_key_id
FROM subject_keys
WHERE subject = ANY ($1::text[]) AND destroyed_at IS NULL
