-- Versions of templates with the deployments that run them, by template, the latest version first.
-- $1 cursor of the last row before the page or NULL; $2 rows at most; $3 key of a single row or NULL;
-- then the view's filters as the port lists them, each NULL for no restriction: with one for deployments, a version has a row
-- only if one of those runs it or is about to.
WITH usage AS (
    SELECT
        versions.template, versions.version, catalog.title, catalog.standing,
        count(*) FILTER (WHERE found.live_version = versions.version) AS live_count,
        count(*) FILTER (WHERE found.coming_version = versions.version) AS coming_count,
        json_agg(
            json_build_object(
                'deployment', found.deployment, 'customer', found.customer, 'customerName', found.customer_name,
                'environment', found.environment, 'cluster', found.cluster,
                'release', CASE WHEN found.live_version = versions.version THEN found.live_release END,
                'liveSince',
                CASE WHEN found.live_version = versions.version THEN views.rfc3339(found.live_since) END,
                'comingRelease', CASE WHEN found.coming_version = versions.version THEN found.coming_release END)
            ORDER BY found.deployment) FILTER (WHERE found.deployment IS NOT NULL) AS deployments,
        coalesce(array_agg(DISTINCT found.customer) FILTER (WHERE found.live_version = versions.version), '{}') AS customers,
        count(*) FILTER (WHERE found.live_version = versions.version AND found.environment = 'development') AS development,
        count(*) FILTER (WHERE found.live_version = versions.version AND found.environment = 'staging') AS staging,
        count(*) FILTER (WHERE found.live_version = versions.version AND found.environment = 'production') AS production,
        max(catalog.stream_version) AS stream_version,
        greatest(max(catalog.position), max(found.position)) AS position
    FROM (
        -- Tables are locked in the order in which a statement names them: in that of their names, as a swap replaces them.
        SELECT template, live_version AS version FROM views.template_usage WHERE live_version IS NOT NULL
        UNION
        SELECT template, coming_version FROM views.template_usage WHERE coming_version IS NOT NULL
        UNION
        SELECT template, version FROM views.template_usage_versions
    ) AS versions
    LEFT JOIN views.template_usage_versions AS catalog
        ON catalog.template = versions.template AND catalog.version = versions.version
    LEFT JOIN views.template_usage AS found
        ON found.template = versions.template AND versions.version IN (found.live_version, found.coming_version)
        AND ($6::text IS NULL OR found.customer = $6::text)
        AND ($7::text IS NULL OR found.environment = $7::text)
        AND ($8::text IS NULL OR found.cluster = $8::text)
    WHERE
        ($3::text IS NULL OR versions.template || '@' || versions.version = $3::text)
        AND ($4::text IS NULL OR versions.template = $4::text)
        AND ($5::text IS NULL OR versions.version = $5::text)
        AND ($9::text IS NULL OR catalog.standing = $9::text)
        AND (found.deployment IS NOT NULL OR coalesce($6::text, $7::text, $8::text) IS NULL)
    GROUP BY versions.template, versions.version, catalog.title, catalog.standing
),

page AS (
    SELECT
        sorted.cursor,
        (SELECT row_to_json(shown) FROM (SELECT
            usage.template, usage.version, usage.title, usage.standing, usage.live_count AS "liveCount",
            usage.coming_count AS "comingCount",
            json_build_object(
                'development', usage.development, 'staging', usage.staging, 'production', usage.production
            ) AS "liveByEnvironment",
            usage.customers, coalesce(usage.deployments, '[]') AS deployments,
            usage.stream_version AS "streamVersion", usage.position
        ) AS shown) AS row
    FROM usage
    -- Numbers of a version are sorted as numbers, the highest first: each by 99999999 less it, in eight digits.
    CROSS JOIN LATERAL (
        SELECT
            usage.template || '@' || coalesce(
                (
                    SELECT string_agg(lpad((99999999 - part::bigint)::text, 8, '0'), '.' ORDER BY ordinal)
                    FROM unnest(string_to_array(usage.version, '.')) WITH ORDINALITY AS parts (part, ordinal)
                    WHERE part ~ '^[0-9]{1,8}$'
                ), '') || '@' || usage.version COLLATE "C" AS cursor
    ) AS sorted
    WHERE
        ($1::text IS NULL OR sorted.cursor > $1::text COLLATE "C")
        AND ($10::text IS NULL OR (usage.live_count + usage.coming_count > 0)::text = $10::text)
    ORDER BY sorted.cursor
    LIMIT $2::bigint
)
SELECT projections.position, page.cursor, page.row::text AS row
FROM views.projections AS projections
LEFT JOIN page ON true
WHERE projections.view = 'template_usage' AND projections.state = 'live'
ORDER BY page.cursor;
