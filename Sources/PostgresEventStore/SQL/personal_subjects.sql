-- Subjects by name. Parameters: one name or NULL, name before the page or NULL, limit.
SELECT
    subject, min(created_at) AS since, max(destroyed_at) AS forgotten_at,
    max(key_id::text) FILTER (WHERE destroyed_at IS NULL) AS key_id,
    coalesce(json_agg(key_id ORDER BY destroyed_at) FILTER (WHERE destroyed_at IS NOT NULL), '[]')::text AS destroyed_keys
FROM subject_keys
WHERE ($1::text IS NULL OR subject = $1::text) AND ($2::text IS NULL OR subject > $2::text)
GROUP BY subject
ORDER BY subject
LIMIT $3::bigint
