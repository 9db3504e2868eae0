-- What a reader that remembers its last position sees next. Parameters: the last position. Ids without hyphens, as they were made.
SELECT position, replace(event_id::text, '-', '') AS event_id
FROM events
WHERE position > $1::bigint
ORDER BY position
LIMIT 1000
