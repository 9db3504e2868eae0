-- What waits for a decision, the longest waiting first.
-- $1 requested_position of the last row before the page or NULL; $2 rows at most; $3 key of a single row or NULL;
-- then the view's filters as the port lists them, each NULL for no restriction.
WITH page AS (
    SELECT
        found.requested_position AS cursor,
        (SELECT row_to_json(shown) FROM (SELECT
            found.kind, found.subject, found.template, found.version, found.title, found.description, found.digest,
            found.release, found.customer, found.environment, found.cluster, found.rule,
            views.rfc3339(found.expires_at) AS "expiresAt",
            found.requested_by AS "requestedBy", views.rfc3339(found.requested_at) AS "requestedAt",
            basis.version AS "basisVersion", basis.approved_by AS "basisApprovedBy",
            views.rfc3339(basis.approved_at) AS "basisApprovedAt", coalesce(difference.changes, '[]') AS changes,
            found.stream_version AS "streamVersion", found.position
        ) AS shown) AS row
    FROM views.approvals_waiting AS found
    LEFT JOIN views.approvals_waiting_versions AS own
        ON found.kind = 'template_version' AND own.template = found.template AND own.version = found.version
    -- What it follows: the highest approved version below it, as a patch of an old version follows that one; where all
    -- approved ones are above, the lowest of them.
    LEFT JOIN LATERAL (
        SELECT others.version, others.approved_by, others.approved_at, others.files
        FROM views.approvals_waiting_versions AS others
        CROSS JOIN LATERAL (
            SELECT
                string_to_array(others.version, '.')::numeric[] AS number,
                string_to_array(own.version, '.')::numeric[] AS own_number
        ) AS numbers
        WHERE others.template = own.template AND others.approved_position IS NOT NULL
        ORDER BY
            number > own_number, CASE WHEN number < own_number THEN number END DESC, number
        LIMIT 1
    ) AS basis ON true
    -- Lines are counted as a set with repetitions: one that only moved is no change.
    LEFT JOIN LATERAL (
        SELECT json_agg(
            json_build_object(
                'path', path, 'change',
                CASE WHEN old IS NULL THEN 'added' WHEN new IS NULL THEN 'removed' ELSE 'changed' END,
                'linesAdded', (
                    SELECT count(*)
                    FROM (SELECT unnest(string_to_array(new, E'\n')) EXCEPT ALL SELECT unnest(string_to_array(old, E'\n')))
                        AS line),
                'linesRemoved', (
                    SELECT count(*)
                    FROM (SELECT unnest(string_to_array(old, E'\n')) EXCEPT ALL SELECT unnest(string_to_array(new, E'\n')))
                        AS line))
            ORDER BY path COLLATE "C") AS changes
        FROM (
            SELECT
                coalesce(mine.key, theirs.key) AS path, regexp_replace(mine.value, '\n$', '') AS new,
                regexp_replace(theirs.value, '\n$', '') AS old
            FROM jsonb_each_text(own.files) AS mine
            FULL JOIN jsonb_each_text(coalesce(basis.files, '{}')) AS theirs ON theirs.key = mine.key
            WHERE mine.value IS DISTINCT FROM theirs.value
        ) AS files
    ) AS difference ON true
    WHERE
        ($1::bigint IS NULL OR found.requested_position > $1::bigint)
        AND ($3::text IS NULL OR found.kind || '/' || found.subject = $3::text)
        AND ($4::text IS NULL OR found.kind = $4::text)
        AND ($5::text IS NULL OR found.template = $5::text)
        AND ($6::text IS NULL OR found.requested_by = $6::text)
        -- Who asked may not decide.
        AND ($7::text IS NULL OR found.requested_by <> $7::text)
    ORDER BY found.requested_position
    LIMIT $2::bigint
)
SELECT projections.position, page.cursor::text AS cursor, page.row::text AS row
FROM views.projections AS projections
LEFT JOIN page ON true
WHERE projections.view = 'approvals_waiting' AND projections.state = 'live'
ORDER BY page.cursor;
