-- Customers by id.
-- $1 id of the last row before the page or NULL; $2 rows at most; $3 key of a single row or NULL;
-- then the view's filters as the port lists them, each NULL for no restriction.
WITH page AS (
    SELECT
        found.id AS cursor,
        (SELECT row_to_json(shown) FROM (SELECT
            found.id, found.name, found.contact_name AS "contactName", found.contact_email AS "contactEmail",
            found.tier, found.cluster, found.state, found.reason, found.created_by AS "createdBy",
            views.rfc3339(found.created_at) AS "createdAt", views.rfc3339(found.updated_at) AS "updatedAt",
            found.stream_version AS "streamVersion", found.position
        ) AS shown) AS row
    FROM views.customers AS found
    WHERE
        ($1::text IS NULL OR found.id > $1::text)
        AND ($3::text IS NULL OR found.id = $3::text)
        AND ($4::text IS NULL OR found.state = $4::text)
        AND ($5::text IS NULL OR found.cluster = $5::text)
        AND ($6::text IS NULL OR strpos(lower(found.id || ' ' || found.name), lower($6::text)) > 0)
    ORDER BY found.id
    LIMIT $2::bigint
)
SELECT projections.position, page.cursor::text AS cursor, page.row::text AS row
FROM views.projections AS projections
LEFT JOIN page ON true
WHERE projections.view = 'customers' AND projections.state = 'live'
ORDER BY page.cursor;
