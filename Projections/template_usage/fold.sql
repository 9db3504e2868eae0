-- Folds the batch into template_usage: versions; releases; then, of each deployment, what runs and what is on its way, which
-- follow from the last fact of each kind.
INSERT INTO template_usage_versions (template, version, title, standing, stream_version, position)
SELECT stream_id, payload ->> 'version', payload ->> 'title', 'waiting', stream_version, position
FROM batch
WHERE type = 'template.submitted';

UPDATE template_usage_versions
SET
    standing = CASE latest.type
        WHEN 'template.approved' THEN 'approved' WHEN 'template.rejected' THEN 'rejected'
        WHEN 'template.deprecated' THEN 'deprecated' ELSE 'waiting' END,
    stream_version = latest.stream_version, position = latest.position
FROM (
    SELECT DISTINCT ON (stream_id, payload ->> 'version')
        stream_id, payload ->> 'version' AS version, type, stream_version, position
    FROM batch
    WHERE stream_category = 'template'
    ORDER BY stream_id, payload ->> 'version', position DESC
) AS latest
WHERE template_usage_versions.template = latest.stream_id AND template_usage_versions.version = latest.version;

INSERT INTO template_usage_releases (
    deployment, number, customer, customer_name, environment, cluster, template, template_version)
SELECT
    stream_id, (payload ->> 'number')::bigint, payload -> 'release' ->> 'customer',
    payload -> 'release' ->> 'customerName', payload -> 'release' ->> 'environment', payload -> 'release' ->> 'cluster',
    payload -> 'release' ->> 'template', payload -> 'release' ->> 'templateVersion'
FROM batch
WHERE type = 'deployment.requested';

-- The latest request says what the deployment is.
INSERT INTO template_usage (
    deployment, customer, customer_name, environment, cluster, template, stream_version, position)
SELECT DISTINCT ON (request.stream_id)
    request.stream_id, release.customer, release.customer_name, release.environment, release.cluster, release.template,
    request.stream_version, request.position
FROM batch AS request
INNER JOIN template_usage_releases AS release
    ON release.deployment = request.stream_id AND release.number = (request.payload ->> 'number')::bigint
WHERE request.type = 'deployment.requested'
ORDER BY request.stream_id, request.position DESC
ON CONFLICT (deployment) DO UPDATE
SET customer_name = excluded.customer_name, cluster = excluded.cluster, template = excluded.template;

UPDATE template_usage
SET
    live_version = CASE WHEN news.life IS NULL THEN template_usage.live_version ELSE live.template_version END,
    live_release = CASE WHEN news.life IS NULL THEN template_usage.live_release ELSE live.number END,
    live_since = CASE
        WHEN news.life IS NULL THEN template_usage.live_since WHEN live.number IS NOT NULL THEN news.life_at END,
    -- Whatever happened last, if it was no request, ended what was on its way.
    coming_version = coming.template_version, coming_release = coming.number,
    stream_version = news.stream_version, position = news.position
FROM (
    SELECT
        stream_id,
        max(position) FILTER (WHERE type IN ('deployment.went_live', 'deployment.decommissioned')) AS life,
        (array_agg(CASE type WHEN 'deployment.went_live' THEN (payload ->> 'number')::bigint END ORDER BY position DESC)
            FILTER (WHERE type IN ('deployment.went_live', 'deployment.decommissioned')))[1] AS live_number,
        (array_agg(recorded_at ORDER BY position DESC)
            FILTER (WHERE type IN ('deployment.went_live', 'deployment.decommissioned')))[1] AS life_at,
        (array_agg(CASE type WHEN 'deployment.requested' THEN (payload ->> 'number')::bigint END ORDER BY position DESC))[1]
            AS coming_number,
        max(stream_version) AS stream_version, max(position) AS position
    FROM batch
    WHERE stream_category = 'deployment'
    GROUP BY stream_id
) AS news
LEFT JOIN template_usage_releases AS live ON live.deployment = news.stream_id AND live.number = news.live_number
LEFT JOIN template_usage_releases AS coming ON coming.deployment = news.stream_id AND coming.number = news.coming_number
WHERE template_usage.deployment = news.stream_id;
