-- Writes tiles that are new or longer than before; a trigger refuses one that does not begin with what there was.
-- Parameters: levels, indexes, hashes in hex.
INSERT INTO audit_tiles (level, index, hashes)
SELECT level, index, decode(hashes, 'hex')
FROM unnest($1::bigint[], $2::bigint[], $3::text[]) AS n (level, index, hashes)
ON CONFLICT ON CONSTRAINT tile_is_stored_once DO UPDATE SET hashes = excluded.hashes
