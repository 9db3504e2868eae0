-- How long steps took, by step, cluster, template and version: the whole release first, then its steps in causal order.
-- $1 cursor of the last row before the page or NULL; $2 rows at most; $3 key of a single row or NULL;
-- then the view's filters as the port lists them, each NULL for no restriction. The last of them says by which of cluster,
-- template and templateVersion rows are kept apart, with commas between; what is not named is `*` in the key.
WITH page AS (
    SELECT
        grouped.cursor,
        (SELECT row_to_json(shown) FROM (SELECT
            grouped.key, grouped.step, grouped.cluster, grouped.template, grouped.template_version AS "templateVersion",
            grouped.count, grouped.p50 AS "p50Seconds", grouped.p95 AS "p95Seconds", grouped.max AS "maxSeconds",
            grouped.mean AS "meanSeconds", grouped.failures, grouped.abandoned, grouped.attempts,
            views.rfc3339(grouped.first_at) AS "firstAt", views.rfc3339(grouped.last_at) AS "lastAt", grouped.position
        ) AS shown) AS row
    FROM (
        SELECT
            keyed.step, keyed.cluster, keyed.template, keyed.template_version, names.key,
            coalesce(
                array_position(
                    ARRAY['release', 'render', 'access_point', 'bucket', 'name', 'commit', 'application', 'sync'],
                    keyed.step),
                9) || ' ' || names.key COLLATE "C" AS cursor,
            -- Times are those of what succeeded: a failure is as long as somebody's patience.
            count(*) FILTER (WHERE keyed.outcome = 'succeeded') AS count,
            percentile_cont(0.5) WITHIN GROUP (ORDER BY keyed.seconds)
                FILTER (WHERE keyed.outcome = 'succeeded') AS p50,
            percentile_cont(0.95) WITHIN GROUP (ORDER BY keyed.seconds)
                FILTER (WHERE keyed.outcome = 'succeeded') AS p95,
            max(keyed.seconds) FILTER (WHERE keyed.outcome = 'succeeded') AS max,
            avg(keyed.seconds) FILTER (WHERE keyed.outcome = 'succeeded') AS mean,
            count(*) FILTER (WHERE keyed.outcome = 'failed') AS failures,
            count(*) FILTER (WHERE keyed.outcome = 'abandoned') AS abandoned,
            sum(keyed.attempts)::bigint AS attempts,
            min(keyed.ended_at) AS first_at, max(keyed.ended_at) AS last_at, max(keyed.position) AS position
        FROM (
            SELECT
                found.step, found.outcome, found.seconds, found.attempts, found.ended_at, found.position,
                CASE WHEN $11::text IS NULL OR 'cluster' = ANY (apart) THEN found.cluster END AS cluster,
                CASE
                    WHEN $11::text IS NULL OR 'template' = ANY (apart) OR 'templateVersion' = ANY (apart)
                        THEN found.template END AS template,
                CASE WHEN $11::text IS NULL OR 'templateVersion' = ANY (apart) THEN found.template_version END
                    AS template_version
            FROM views.step_durations AS found
            CROSS JOIN string_to_array($11::text, ',') AS apart
            WHERE
                found.outcome IS NOT NULL
                AND ($4::text IS NULL OR found.step = $4::text)
                AND ($5::text IS NULL OR found.cluster = $5::text)
                AND ($6::text IS NULL OR found.template = $6::text)
                AND ($7::text IS NULL OR found.template_version = $7::text)
                AND ($8::text IS NULL OR found.environment = $8::text)
                AND ($9::timestamptz IS NULL OR found.ended_at >= $9::timestamptz)
                AND ($10::timestamptz IS NULL OR found.ended_at < $10::timestamptz)
        ) AS keyed
        CROSS JOIN LATERAL (
            SELECT
                keyed.step || '/' || coalesce(keyed.cluster, '*') || '/' || coalesce(keyed.template, '*') || '@'
                || coalesce(keyed.template_version, '*') AS key
        ) AS names
        GROUP BY keyed.step, keyed.cluster, keyed.template, keyed.template_version, names.key
    ) AS grouped
    WHERE
        ($1::text IS NULL OR grouped.cursor > $1::text COLLATE "C")
        AND ($3::text IS NULL OR grouped.key = $3::text)
    ORDER BY grouped.cursor
    LIMIT $2::bigint
)
SELECT projections.position, page.cursor, page.row::text AS row
FROM views.projections AS projections
LEFT JOIN page ON true
WHERE projections.view = 'step_durations' AND projections.state = 'live'
ORDER BY page.cursor;
