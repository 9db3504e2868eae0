-- Milestones of customers in the order in which they happened.
-- $1 position of the last row before the page or NULL; $2 rows at most; $3 key of a single row or NULL;
-- then the view's filters as the port lists them, each NULL for no restriction.
WITH page AS (
    SELECT
        found.position AS cursor,
        (SELECT row_to_json(shown) FROM (SELECT
            found.position, views.rfc3339(found.recorded_at) AS "recordedAt", found.customer, found.kind,
            found.milestone, found.deployment, found.release, found.summary, found.seconds, found.actor,
            found.stream_version AS "streamVersion"
        ) AS shown) AS row
    FROM views.customer_history AS found
    WHERE
        ($1::bigint IS NULL OR found.position > $1::bigint)
        AND ($3::bigint IS NULL OR found.position = $3::bigint)
        AND ($4::text IS NULL OR found.customer = $4::text)
        AND ($5::text IS NULL OR found.kind = $5::text)
        AND ($6::text IS NULL OR found.milestone = $6::text)
        AND ($7::text IS NULL OR found.deployment = $7::text)
        AND ($8::timestamptz IS NULL OR found.recorded_at >= $8::timestamptz)
        AND ($9::timestamptz IS NULL OR found.recorded_at < $9::timestamptz)
    ORDER BY found.position
    LIMIT $2::bigint
)
SELECT projections.position, page.cursor::text AS cursor, page.row::text AS row
FROM views.projections AS projections
LEFT JOIN page ON true
WHERE projections.view = 'customer_history' AND projections.state = 'live'
ORDER BY page.cursor;
