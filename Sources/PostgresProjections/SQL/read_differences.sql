-- The first differences and how many there are. Run after compare_generations.sql.
-- $1 how many
SELECT table_name, side, content::text AS content, count(*) OVER () AS total
FROM differences
ORDER BY table_name, content::text, side
LIMIT $1;
