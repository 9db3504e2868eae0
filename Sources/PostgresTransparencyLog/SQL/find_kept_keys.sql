-- Facts that a person was forgotten whose key can still be used.
SELECT e.position, lower(named.key) AS key
FROM events AS e
CROSS JOIN LATERAL jsonb_array_elements_text(
    CASE WHEN jsonb_typeof(e.payload -> 'keys') = 'array' THEN e.payload -> 'keys' ELSE '[]' END) AS named (key)
JOIN subject_keys AS k ON k.key_id::text = lower(named.key)
WHERE e.stream_category = 'subject' AND e.type = 'subject.forgotten' AND (k.destroyed_at IS NULL OR k.wrapped_key IS NOT NULL)
ORDER BY e.position
LIMIT 100
