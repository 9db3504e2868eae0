-- Locks the next keys that are not wrapped with the current master key. Parameters: its id, key id before the batch, limit.
SELECT key_id::text AS key_id, subject, wrapped_key, master_key_id
FROM subject_keys
WHERE destroyed_at IS NULL AND master_key_id <> $1 AND key_id > $2::uuid
ORDER BY key_id
LIMIT $3::bigint
FOR UPDATE
