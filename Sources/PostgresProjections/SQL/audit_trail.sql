-- Events in words, the latest first.
-- $1 position of the last row before the page or NULL; $2 rows at most; $3 key of a single row or NULL;
-- then the view's filters as the port lists them, each NULL for no restriction.
WITH page AS (
    SELECT
        found.position AS cursor,
        (SELECT row_to_json(shown) FROM (SELECT
            found.position, views.rfc3339(found.recorded_at) AS "recordedAt", found.actor,
            found.actor_name AS "actorName", found.roles, found.action, found.category, found.object,
            found.customer, found.deployment, found.release, found.summary, found.correlation, found.causation,
            found.source, found.event_id AS "eventId", found.stream_version AS "streamVersion"
        ) AS shown) AS row
    FROM views.audit_trail AS found
    WHERE
        ($1::bigint IS NULL OR found.position < $1::bigint)
        AND ($3::bigint IS NULL OR found.position = $3::bigint)
        AND ($4::text IS NULL OR found.actor = $4::text)
        AND ($5::text IS NULL OR found.action = $5::text)
        AND ($6::text IS NULL OR found.category = $6::text)
        AND ($7::text IS NULL OR found.object = $7::text)
        AND ($8::text IS NULL OR found.customer = $8::text)
        AND ($9::text IS NULL OR found.deployment = $9::text)
        AND ($10::bigint IS NULL OR found.release = $10::bigint)
        AND ($11::text IS NULL OR found.correlation = $11::text)
        AND ($12::text IS NULL OR found.source = $12::text)
        AND ($13::timestamptz IS NULL OR found.recorded_at >= $13::timestamptz)
        AND ($14::timestamptz IS NULL OR found.recorded_at < $14::timestamptz)
    ORDER BY found.position DESC
    LIMIT $2::bigint
)
SELECT projections.position, page.cursor::text AS cursor, page.row::text AS row
FROM views.projections AS projections
LEFT JOIN page ON true
WHERE projections.view = 'audit_trail' AND projections.state = 'live'
ORDER BY page.cursor DESC;
