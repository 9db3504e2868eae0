-- Adds keys of subjects that have none; who comes second takes the first one's. Parameters, side by side: ids, subjects, wrapped keys
-- in hex; then the id of the master key.
INSERT INTO subject_keys (key_id, subject, wrapped_key, master_key_id)
SELECT k.id::uuid, k.subject, decode(k.wrapped, 'hex'), $4
FROM unnest($1::text[], $2::text[], $3::text[]) AS k (id, subject, wrapped)
ON CONFLICT (subject) WHERE destroyed_at IS NULL DO NOTHING
