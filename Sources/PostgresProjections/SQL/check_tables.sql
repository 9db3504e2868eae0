-- Tables of a generation that have no right name: its view's, or one that begins with it and an underscore, so that the
-- published views of different folders never meet. Also a row if the table with the view's own name is missing.
-- $1 schema, $2 view
SELECT table_name::text AS name, 'is not named after the view' AS problem
FROM information_schema.tables
WHERE
    table_schema = $1 AND table_type = 'BASE TABLE' AND table_name NOT IN ($2, 'batch_rows')
    AND NOT starts_with(table_name::text, $2::text || '_')
UNION ALL
SELECT $2, 'is missing'
WHERE NOT EXISTS (
    SELECT FROM information_schema.tables
    WHERE table_schema = $1 AND table_type = 'BASE TABLE' AND table_name = $2);
