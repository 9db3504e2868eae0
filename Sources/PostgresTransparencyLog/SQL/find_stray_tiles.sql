-- Tiles where the tree has none. Parameters: how many tiles each level has, from level 0.
SELECT t.level::bigint AS level, t.index
FROM audit_tiles AS t
WHERE t.index < 0 OR t.index >= coalesce(($1::bigint[])[CASE WHEN t.level BETWEEN 0 AND 7 THEN t.level + 1 END], 0)
ORDER BY t.level, t.index
LIMIT 100
