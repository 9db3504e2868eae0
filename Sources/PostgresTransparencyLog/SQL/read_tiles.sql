-- Tiles of one level in order. Parameters: level, first index, last index.
SELECT index, hashes
FROM audit_tiles
WHERE level = $1::integer AND index BETWEEN $2::bigint AND $3::bigint
ORDER BY index
