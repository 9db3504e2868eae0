-- Tiles where the tree has none. Parameters: how many tiles each level has, from level 0.
SELECT t.level::bigint AS level, t.index
FROM audit_tiles AS t
WHERE t.index < 0 OR t.index >= coalesce(($1::bigint[])[t.level + 1], 0)
ORDER BY t.level, t.index
LIMIT 100
