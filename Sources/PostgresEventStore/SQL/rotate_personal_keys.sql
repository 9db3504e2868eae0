-- Replaces wrapped keys that are locked. Parameters: id of the master key; then, side by side, key ids and wrapped keys in hex.
UPDATE subject_keys
SET wrapped_key = decode(k.wrapped, 'hex'), master_key_id = $1
FROM unnest($2::text[], $3::text[]) AS k (id, wrapped)
WHERE key_id = k.id::uuid AND destroyed_at IS NULL
