-- Versions of templates, the latest submitted first.
-- $1 submitted_position of the last row before the page or NULL; $2 rows at most; $3 key of a single row or NULL;
-- then the view's filters as the port lists them, each NULL for no restriction.
WITH page AS (
    SELECT
        found.submitted_position AS cursor,
        (SELECT row_to_json(shown) FROM (SELECT
            found.template, found.version, found.standing, found.title, found.description, found.digest,
            found.definition, found.file_paths AS "filePaths", found.submitted_by AS "submittedBy",
            views.rfc3339(found.submitted_at) AS "submittedAt", found.approved_by AS "approvedBy",
            views.rfc3339(found.approved_at) AS "approvedAt", found.rejected_by AS "rejectedBy",
            views.rfc3339(found.rejected_at) AS "rejectedAt", found.rejection_reason AS "rejectionReason",
            found.deprecated_by AS "deprecatedBy", views.rfc3339(found.deprecated_at) AS "deprecatedAt",
            found.deprecation_reason AS "deprecationReason", views.rfc3339(found.updated_at) AS "updatedAt",
            found.stream_version AS "streamVersion", found.position
        ) AS shown) AS row
    FROM views.template_catalog AS found
    WHERE
        ($1::bigint IS NULL OR found.submitted_position < $1::bigint)
        AND ($3::text IS NULL OR found.template || '@' || found.version = $3::text)
        AND ($4::text IS NULL OR found.template = $4::text)
        AND ($5::text IS NULL OR found.standing = $5::text)
        AND ($6::text IS NULL OR found.submitted_by = $6::text)
    ORDER BY found.submitted_position DESC
    LIMIT $2::bigint
)
SELECT projections.position, page.cursor::text AS cursor, page.row::text AS row
FROM views.projections AS projections
LEFT JOIN page ON true
WHERE projections.view = 'template_catalog' AND projections.state = 'live'
ORDER BY page.cursor DESC;
