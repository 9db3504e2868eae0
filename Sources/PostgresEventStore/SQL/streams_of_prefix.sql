-- The streams of a category whose ids begin with a text, by id. Reads the index of streams, all of the category's part of it.
-- $1 category, $2 the beginning
SELECT DISTINCT stream_id
FROM events
WHERE stream_category = $1::text AND starts_with(stream_id, $2::text)
UNION
SELECT id
FROM archived_streams
WHERE category = $1::text AND starts_with(id, $2::text)
ORDER BY stream_id;
