-- Steps of deployments as they were begun, oldest first.
-- $1 begun_position of the last row before the page or NULL; $2 rows at most; $3 key of a single row or NULL;
-- then the view's filters as the port lists them, each NULL for no restriction.
WITH page AS (
    SELECT
        found.begun_position AS cursor,
        (SELECT row_to_json(shown) FROM (SELECT
            found.deployment, found.release, found.action, found.step, found.state,
            views.rfc3339(found.started_at) AS "startedAt", views.rfc3339(found.ended_at) AS "endedAt",
            found.attempts, found.message, found.evidence, views.rfc3339(found.updated_at) AS "updatedAt",
            found.stream_version AS "streamVersion", found.position,
            -- Seconds; NULL while it is under way.
            extract(epoch FROM found.ended_at - found.started_at)::double precision AS "durationSeconds"
        ) AS shown) AS row
    FROM views.deployment_timeline AS found
    WHERE
        ($1::bigint IS NULL OR found.begun_position > $1::bigint)
        AND ($3::text IS NULL OR concat_ws('/', found.deployment, found.release, found.action, found.step) = $3::text)
        AND ($4::text IS NULL OR found.deployment = $4::text)
        AND ($5::bigint IS NULL OR found.release = $5::bigint)
        AND ($6::text IS NULL OR found.action = $6::text)
        AND ($7::text IS NULL OR found.step = $7::text)
        AND ($8::text IS NULL OR found.state = $8::text)
    ORDER BY found.begun_position
    LIMIT $2::bigint
)
SELECT projections.position, page.cursor::text AS cursor, page.row::text AS row
FROM views.projections AS projections
LEFT JOIN page ON true
WHERE projections.view = 'deployment_timeline' AND projections.state = 'live'
ORDER BY page.cursor;
