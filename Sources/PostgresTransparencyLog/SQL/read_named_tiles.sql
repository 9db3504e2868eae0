-- Some tiles. Parameters: levels, indexes.
SELECT t.level, t.index, t.hashes
FROM unnest($1::bigint[], $2::bigint[]) AS wanted (level, index)
JOIN audit_tiles AS t ON t.level = wanted.level AND t.index = wanted.index
