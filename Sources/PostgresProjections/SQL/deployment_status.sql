-- Deployments, the latest requested release first; a single one with all its releases.
-- $1 requested_position of the last row before the page or NULL; $2 rows at most; $3 key of a single row or NULL;
-- then the view's filters as the port lists them, each NULL for no restriction.
WITH page AS (
    SELECT
        found.requested_position AS cursor,
        (SELECT row_to_json(shown) FROM (SELECT
            found.id, found.customer, found.customer_name AS "customerName", found.name, found.environment,
            found.size, found.cluster, found.template, found.template_version AS "templateVersion", found.domain,
            found.parameters, found.state, found.release, found.cause, found.of_release AS "ofRelease",
            found.requested_by AS "requestedBy", views.rfc3339(found.requested_at) AS "requestedAt",
            found.live_release AS "liveRelease", found.live_template_version AS "liveTemplateVersion",
            views.rfc3339(found.live_at) AS "liveAt", views.rfc3339(found.ended_at) AS "endedAt",
            found.planned_steps AS "plannedSteps", found.steps, found.undos, found.failed_step AS "failedStep",
            found.reason, found.last_problem AS "lastProblem", found.remaining,
            found.access_point AS "accessPoint", found.file_system AS "fileSystem", found.bucket,
            found.domain_target AS "domainTarget", found.commit, found.repository, found.folder, found.application,
            found.application_project AS "applicationProject", found.awaiting,
            found.kept_data AS "keptData", found.data_removal AS "dataRemoval",
            found.unexplained_change AS "unexplainedChange", found.degraded, found.drifted,
            views.rfc3339(found.created_at) AS "createdAt",
            views.rfc3339(found.updated_at) AS "updatedAt", found.stream_version AS "streamVersion", found.position,
            CASE
                WHEN $3::text IS NOT NULL THEN (
                    SELECT json_agg(row_to_json(entry) ORDER BY entry.number DESC)
                    FROM (
                        SELECT
                            releases.number, releases.cause, releases.of_release AS "ofRelease", releases.size,
                            releases.cluster, releases.template, releases.template_version AS "templateVersion", releases.parameters,
                            releases.requested_by AS "requestedBy",
                            views.rfc3339(releases.requested_at) AS "requestedAt", releases.outcome,
                            releases.outcome_reason AS "outcomeReason",
                            views.rfc3339(releases.outcome_at) AS "outcomeAt", releases.commit
                        FROM views.deployment_status_releases AS releases
                        WHERE releases.deployment = found.id
                    ) AS entry) END AS releases
        ) AS shown) AS row
    FROM views.deployment_status AS found
    WHERE
        ($1::bigint IS NULL OR found.requested_position < $1::bigint)
        AND ($3::text IS NULL OR found.id = $3::text)
        AND ($4::text IS NULL OR found.customer = $4::text)
        AND ($5::text IS NULL OR found.environment = $5::text)
        AND ($6::text IS NULL OR found.cluster = $6::text)
        AND ($7::text IS NULL OR found.template = $7::text)
        AND ($8::text IS NULL OR found.template_version = $8::text)
        AND ($9::text IS NULL OR found.state = $9::text)
        AND ($10::text IS NULL OR found.requested_by = $10::text)
        AND ($11::text IS NULL OR found.domain = $11::text)
        AND (
            $12::text IS NULL
            OR strpos(lower(concat_ws(' ', found.id, found.customer_name, found.domain)), lower($12::text)) > 0)
    ORDER BY found.requested_position DESC
    LIMIT $2::bigint
)
SELECT projections.position, page.cursor::text AS cursor, page.row::text AS row
FROM views.projections AS projections
LEFT JOIN page ON true
WHERE projections.view = 'deployment_status' AND projections.state = 'live'
ORDER BY page.cursor DESC;
