-- Adds the upcasts that are missing and answers those that are there with other edits. Parameters, side by side: types, versions that
-- they read, edits as JSON text.
WITH given AS (
    SELECT type, from_version::integer AS from_version, edits::jsonb AS edits
    FROM unnest($1::text[], $2::bigint[], $3::text[]) AS g (type, from_version, edits)
), added AS (
    INSERT INTO event_upcasts (type, from_version, edits)
    SELECT type, from_version, edits FROM given
    ON CONFLICT ON CONSTRAINT upcast_is_declared_once DO NOTHING
)
SELECT known.type, known.from_version
FROM event_upcasts AS known INNER JOIN given USING (type, from_version)
WHERE known.edits <> given.edits
ORDER BY known.type, known.from_version
