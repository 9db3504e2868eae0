-- Folds the batch into deployment_timeline: removals first, for they decide which row an undoing belongs to; then the steps
-- that begin; then, in each row, the last fact of each kind.
INSERT INTO deployment_timeline_removals (deployment, release, position)
SELECT stream_id, (payload ->> 'number')::bigint, min(position)
FROM batch
WHERE type = 'deployment.decommission_requested'
GROUP BY stream_id, (payload ->> 'number')::bigint
ON CONFLICT (deployment, release) DO NOTHING;

INSERT INTO deployment_timeline (
    deployment, release, action, step, state, started_at, attempts, begun_position, updated_at, stream_version, position)
SELECT DISTINCT ON (deployment, release, action, step)
    deployment, release, action, step, state, recorded_at, 1, position, recorded_at, stream_version, position
FROM step_facts
WHERE is_start
ORDER BY deployment, release, action, step, position
ON CONFLICT (deployment, release, action, step) DO NOTHING;

-- A start forgets what was before it, so only facts from the last start on count.
UPDATE deployment_timeline
SET
    state = coalesce(news.state, deployment_timeline.state),
    started_at = coalesce(news.started_at, deployment_timeline.started_at),
    ended_at = CASE WHEN news.state IS NULL THEN deployment_timeline.ended_at ELSE news.ended_at END,
    attempts = coalesce(news.attempts, CASE WHEN news.restarts THEN 1 ELSE deployment_timeline.attempts END),
    message = coalesce(news.message, CASE WHEN news.restarts THEN NULL ELSE deployment_timeline.message END),
    evidence = CASE WHEN news.state IS NULL THEN deployment_timeline.evidence ELSE news.evidence END,
    updated_at = news.updated_at, stream_version = news.stream_version, position = news.position
FROM (
    SELECT
        deployment, release, action, step, bool_or(is_start) AS restarts,
        (array_agg(state ORDER BY position DESC) FILTER (WHERE state IS NOT NULL))[1] AS state,
        max(recorded_at) FILTER (WHERE is_start) AS started_at,
        (array_agg(CASE WHEN is_start THEN NULL ELSE recorded_at END ORDER BY position DESC)
            FILTER (WHERE state IS NOT NULL))[1] AS ended_at,
        (array_agg(attempts ORDER BY position DESC) FILTER (WHERE attempts IS NOT NULL))[1] AS attempts,
        (array_agg(reason ORDER BY position DESC) FILTER (WHERE reason IS NOT NULL))[1] AS message,
        (array_agg(evidence ORDER BY position DESC) FILTER (WHERE state IS NOT NULL))[1] AS evidence,
        (array_agg(recorded_at ORDER BY position DESC))[1] AS updated_at,
        max(stream_version) AS stream_version, max(position) AS position
    FROM (
        SELECT
            deployment, release, action, step, state, is_start, attempts, reason, evidence, recorded_at, stream_version,
            position,
            max(position) FILTER (WHERE is_start) OVER (PARTITION BY deployment, release, action, step) AS last_start
        FROM step_facts
    ) AS facts
    WHERE last_start IS NULL OR position >= last_start
    GROUP BY deployment, release, action, step
) AS news
WHERE
    deployment_timeline.deployment = news.deployment
    AND deployment_timeline.release = news.release
    AND deployment_timeline.action = news.action
    AND deployment_timeline.step = news.step;
