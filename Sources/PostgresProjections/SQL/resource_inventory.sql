-- Things outside that deployments made, the latest made first.
-- $1 made_position of the last row before the page or NULL; $2 rows at most; $3 key of a single row or NULL;
-- then the view's filters as the port lists them, each NULL for no restriction.
WITH page AS (
    SELECT
        found.made_position AS cursor,
        (SELECT row_to_json(shown) FROM (SELECT
            found.deployment, found.kind, found.identity, found.state,
            found.state IN ('present', 'kept', 'removing', 'removal_failed') AS "isThere", found.customer,
            found.environment, found.cluster, found.region, found.release, found.requested_by AS "requestedBy",
            found.purpose, found.was_adopted AS "wasAdopted", views.rfc3339(found.made_at) AS "madeAt",
            views.rfc3339(found.confirmed_at) AS "confirmedAt", found.confirmed_release AS "confirmedRelease",
            views.rfc3339(found.removed_at) AS "removedAt", found.evidence, found.removal_problem AS "removalProblem",
            found.details, views.rfc3339(found.updated_at) AS "updatedAt", found.stream_version AS "streamVersion",
            found.position
        ) AS shown) AS row
    FROM views.resource_inventory AS found
    WHERE
        ($1::bigint IS NULL OR found.made_position < $1::bigint)
        AND ($3::text IS NULL OR concat_ws('/', found.deployment, found.kind, found.identity) = $3::text)
        AND ($4::text IS NULL OR found.kind = $4::text)
        AND ($5::text IS NULL OR found.deployment = $5::text)
        AND ($6::text IS NULL OR found.customer = $6::text)
        AND ($7::text IS NULL OR found.environment = $7::text)
        AND ($8::text IS NULL OR found.cluster = $8::text)
        AND ($9::text IS NULL OR found.state = $9::text)
        AND ($10::text IS NULL OR found.requested_by = $10::text)
        AND (
            $11::text IS NULL
            OR strpos(lower(concat_ws(' ', found.identity, found.deployment, found.details)), lower($11::text)) > 0)
    ORDER BY found.made_position DESC
    LIMIT $2::bigint
)
SELECT projections.position, page.cursor::text AS cursor, page.row::text AS row
FROM views.projections AS projections
LEFT JOIN page ON true
WHERE projections.view = 'resource_inventory' AND projections.state = 'live'
ORDER BY page.cursor DESC;
