-- Folds the batch into step_durations: the release first, for its steps copy from it what they are compared by. A release is
-- requested once, each of its steps begins once and ends once, or again after the release was held.
INSERT INTO step_durations (
    deployment, release, step, customer, environment, size, cluster, template, template_version, cause, attempts,
    started_at, stream_version, position)
SELECT
    stream_id, (payload ->> 'number')::bigint, 'release', payload -> 'release' ->> 'customer',
    payload -> 'release' ->> 'environment', payload -> 'release' ->> 'size', payload -> 'release' ->> 'cluster',
    payload -> 'release' ->> 'template', payload -> 'release' ->> 'templateVersion', payload ->> 'cause', 1,
    recorded_at, stream_version, position
FROM batch
WHERE type = 'deployment.requested';

INSERT INTO step_durations (
    deployment, release, step, customer, environment, size, cluster, template, template_version, cause, attempts,
    started_at, stream_version, position)
SELECT DISTINCT ON (release.deployment, release.release, batch.payload ->> 'step')
    release.deployment, release.release, batch.payload ->> 'step', release.customer, release.environment, release.size,
    release.cluster, release.template, release.template_version, release.cause, 1, batch.recorded_at,
    batch.stream_version, batch.position
FROM batch
INNER JOIN step_durations AS release
    ON release.deployment = batch.stream_id AND release.release = (batch.payload ->> 'number')::bigint
    AND release.step = 'release'
WHERE batch.type = 'deployment.step_started'
ORDER BY release.deployment, release.release, batch.payload ->> 'step', batch.position DESC
-- Begun again, after its release was held: what counts is how long it takes when it works.
ON CONFLICT (deployment, release, step) DO UPDATE
SET
    started_at = excluded.started_at, outcome = NULL, ended_at = NULL, attempts = 1,
    stream_version = excluded.stream_version, position = excluded.position;

UPDATE step_durations
SET
    outcome = coalesce(news.outcome, step_durations.outcome),
    ended_at = coalesce(news.ended_at, step_durations.ended_at),
    attempts = greatest(step_durations.attempts, news.attempts),
    stream_version = news.stream_version, position = news.position
FROM (
    SELECT
        batch.stream_id AS deployment, (batch.payload ->> 'number')::bigint AS release,
        coalesce(meanings.step, batch.payload ->> 'step') AS step,
        (array_agg(meanings.outcome ORDER BY batch.position DESC) FILTER (WHERE meanings.outcome IS NOT NULL))[1] AS outcome,
        max(batch.recorded_at) FILTER (WHERE meanings.outcome IS NOT NULL) AS ended_at,
        -- After an attempt that failed there is another one; the number that a failure names counts itself.
        max(coalesce((batch.payload ->> 'attempt')::bigint + 1, (batch.payload ->> 'attempts')::bigint)) AS attempts,
        max(batch.stream_version) AS stream_version, max(batch.position) AS position
    FROM batch
    INNER JOIN (
        VALUES
            ('deployment.attempt_failed', NULL, NULL),
            ('deployment.rendered', 'render', 'succeeded'),
            ('deployment.access_point_provisioned', 'access_point', 'succeeded'),
            ('deployment.bucket_provisioned', 'bucket', 'succeeded'),
            ('deployment.name_provisioned', 'name', 'succeeded'),
            ('deployment.committed', 'commit', 'succeeded'),
            ('deployment.application_declared', 'application', 'succeeded'),
            ('deployment.synced', 'sync', 'succeeded'),
            ('deployment.became_healthy', 'health', 'succeeded'),
            ('deployment.step_failed', NULL, 'failed'),
            ('deployment.step_abandoned', NULL, 'abandoned'),
            ('deployment.went_live', 'release', 'succeeded'),
            ('deployment.failed', 'release', 'failed'),
            ('deployment.cancelled', 'release', 'abandoned'),
            ('deployment.superseded', 'release', 'abandoned')
    ) AS meanings (type, step, outcome)
        ON meanings.type = batch.type
    -- A start forgets what was before it.
    LEFT JOIN (
        SELECT stream_id, payload ->> 'number' AS number, payload ->> 'step' AS step, max(position) AS position
        FROM batch
        WHERE type = 'deployment.step_started'
        GROUP BY stream_id, payload ->> 'number', payload ->> 'step'
    ) AS starts
        ON starts.stream_id = batch.stream_id AND starts.number = batch.payload ->> 'number'
        AND starts.step = coalesce(meanings.step, batch.payload ->> 'step')
    WHERE starts.position IS NULL OR batch.position > starts.position
    GROUP BY batch.stream_id, (batch.payload ->> 'number')::bigint, coalesce(meanings.step, batch.payload ->> 'step')
) AS news
WHERE
    step_durations.deployment = news.deployment
    AND step_durations.release = news.release
    AND step_durations.step = news.step;
