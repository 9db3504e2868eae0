-- Folds the batch into deployment_status. Every column is the last of some kind of fact, so that it does not matter where one
-- batch ends and the next begins; the state is derived from those at the end.

-- Releases. A resource is there before a request if the last fact about it before the request made it, and not took it away:
-- position * 2 + 1 stands for made, position * 2 for taken away, and the highest is the last.
INSERT INTO deployment_status_releases (
    deployment, number, cause, of_release, size, cluster, template, template_version, domain, parameters, requested_by,
    requested_at, planned_steps, requested_position, position)
SELECT
    request.stream_id, (request.payload ->> 'number')::bigint, request.payload ->> 'cause',
    (request.payload ->> 'of')::bigint,
    request.release ->> 'size', request.release ->> 'cluster', request.release ->> 'template', request.release ->> 'templateVersion',
    request.release ->> 'domain', request.release -> 'parameters', request.payload ->> 'requestedBy', request.recorded_at,
    array_remove(
        ARRAY[
            'render',
            CASE
                WHEN jsonb_typeof(request.release -> 'needs' -> 'accessPoint') = 'object'
                    AND NOT coalesce(access_point_made % 2 = 1, status.access_point IS NOT NULL, false)
                    THEN 'access_point' END,
            CASE
                WHEN request.release -> 'needs' ->> 'bucket' = 'true'
                    AND NOT coalesce(bucket_made % 2 = 1, status.bucket IS NOT NULL, false)
                    THEN 'bucket' END,
            CASE
                WHEN request.release ->> 'domain' IS NOT NULL
                    AND NOT coalesce(name_made % 2 = 1, status.domain_target IS NOT NULL, false)
                    THEN 'name' END,
            'commit', 'application', 'sync', 'health'],
        NULL),
    request.position, request.position
FROM (
    SELECT
        stream_id, type, payload, payload -> 'release' AS release, recorded_at, position,
        max(position * 2 + CASE type WHEN 'deployment.undone' THEN 0 ELSE 1 END) FILTER (
            WHERE type = 'deployment.access_point_provisioned'
            OR (type = 'deployment.undone' AND payload ->> 'step' = 'access_point')) OVER earlier AS access_point_made,
        max(position * 2 + CASE type WHEN 'deployment.undone' THEN 0 ELSE 1 END) FILTER (
            WHERE type = 'deployment.bucket_provisioned'
            OR (type = 'deployment.undone' AND payload ->> 'step' = 'bucket')) OVER earlier AS bucket_made,
        max(position * 2 + CASE type WHEN 'deployment.undone' THEN 0 ELSE 1 END) FILTER (
            WHERE type = 'deployment.name_provisioned'
            OR (type = 'deployment.undone' AND payload ->> 'step' = 'name')) OVER earlier AS name_made
    FROM batch
    WHERE type IN (
        'deployment.requested', 'deployment.access_point_provisioned', 'deployment.bucket_provisioned',
        'deployment.name_provisioned', 'deployment.undone')
    WINDOW earlier AS (PARTITION BY stream_id ORDER BY position)
) AS request
LEFT JOIN deployment_status AS status ON status.id = request.stream_id
WHERE request.type = 'deployment.requested';

UPDATE deployment_status_releases
SET
    outcome = CASE WHEN news.ending IS NULL THEN deployment_status_releases.outcome ELSE news.outcome END,
    outcome_reason = CASE WHEN news.ending IS NULL THEN deployment_status_releases.outcome_reason ELSE news.reason END,
    outcome_at = coalesce(news.ended_at, deployment_status_releases.outcome_at),
    commit = coalesce(news.commit, deployment_status_releases.commit),
    position = news.position
FROM (
    SELECT
        stream_id, (payload ->> 'number')::bigint AS number, max(position) AS position,
        max(position) FILTER (WHERE type <> 'deployment.committed') AS ending,
        max(payload ->> 'commit') AS commit,
        max(
            CASE type
                WHEN 'deployment.went_live' THEN 'live' WHEN 'deployment.failed' THEN 'failed'
                WHEN 'deployment.cancelled' THEN 'cancelled' END) AS outcome,
        max(payload ->> 'reason') AS reason,
        max(recorded_at) FILTER (WHERE type <> 'deployment.committed') AS ended_at
    FROM batch
    -- Each of them happens at most once to a release, and of the endings only one.
    WHERE type IN ('deployment.committed', 'deployment.went_live', 'deployment.failed', 'deployment.cancelled')
    GROUP BY stream_id, (payload ->> 'number')::bigint
) AS news
WHERE
    deployment_status_releases.deployment = news.stream_id AND deployment_status_releases.number = news.number;

-- The latest request makes the row, or begins a new chapter in it.
INSERT INTO deployment_status (
    id, customer, customer_name, name, environment, release, cause, of_release, size, cluster, template,
    template_version, domain, parameters, requested_by, requested_at, planned_steps, requested_position, state, last_turn,
    created_at, updated_at, stream_version, position)
SELECT
    request.stream_id, request.release ->> 'customer', request.release ->> 'customerName', request.release ->> 'name',
    request.release ->> 'environment', releases.number, releases.cause, releases.of_release, releases.size,
    releases.cluster, releases.template, releases.template_version, releases.domain, releases.parameters,
    releases.requested_by, releases.requested_at, releases.planned_steps, request.position, 'requested',
    'deployment.requested', request.first_at, request.recorded_at, request.stream_version, request.position
FROM (
    SELECT DISTINCT ON (stream_id)
        stream_id, payload -> 'release' AS release, position, stream_version, recorded_at,
        min(recorded_at) OVER (PARTITION BY stream_id) AS first_at
    FROM batch
    WHERE type = 'deployment.requested'
    ORDER BY stream_id, position DESC
) AS request
INNER JOIN deployment_status_releases AS releases
    ON releases.deployment = request.stream_id AND releases.requested_position = request.position
ON CONFLICT (id) DO UPDATE
SET
    customer_name = excluded.customer_name, release = excluded.release, cause = excluded.cause,
    of_release = excluded.of_release, size = excluded.size, cluster = excluded.cluster, template = excluded.template,
    template_version = excluded.template_version, domain = excluded.domain, parameters = excluded.parameters,
    requested_by = excluded.requested_by, requested_at = excluded.requested_at,
    planned_steps = excluded.planned_steps, requested_position = excluded.requested_position;

-- Turns: the facts that the state follows from.
UPDATE deployment_status
SET
    last_turn = coalesce(news.last_turn, deployment_status.last_turn),
    last_ending = coalesce(news.last_ending, deployment_status.last_ending),
    decommission_position = coalesce(news.decommission_position, deployment_status.decommission_position),
    live_release = CASE
        WHEN news.life_position IS NULL THEN deployment_status.live_release ELSE news.live_release END,
    live_at = CASE WHEN news.life_position IS NULL THEN deployment_status.live_at ELSE news.live_at END,
    ended_at = CASE WHEN news.bound_position IS NULL THEN deployment_status.ended_at ELSE news.ended_at END,
    failed_step = CASE WHEN news.reason_position IS NULL THEN deployment_status.failed_step ELSE news.failed_step END,
    reason = CASE WHEN news.reason_position IS NULL THEN deployment_status.reason ELSE news.reason END,
    last_problem = CASE
        WHEN news.problem_position IS NULL THEN deployment_status.last_problem ELSE news.last_problem END,
    remaining = CASE
        WHEN news.remaining_position IS NULL THEN deployment_status.remaining
        WHEN news.remaining IS NOT NULL THEN ARRAY(SELECT jsonb_array_elements_text(news.remaining)) END,
    restored_commit = CASE
        WHEN news.restored_position IS NULL THEN deployment_status.restored_commit ELSE news.restored_commit END,
    updated_at = news.updated_at, stream_version = news.stream_version, position = news.position
FROM (
    SELECT
        stream_id,
        (array_agg(type ORDER BY position DESC) FILTER (WHERE is_turn))[1] AS last_turn,
        (array_agg(type ORDER BY position DESC)
            FILTER (WHERE type IN ('deployment.failed', 'deployment.cancelled')))[1] AS last_ending,
        max(position) FILTER (WHERE type = 'deployment.decommission_requested') AS decommission_position,

        max(position) FILTER (WHERE is_life) AS life_position,
        (array_agg(CASE type WHEN 'deployment.went_live' THEN (payload ->> 'number')::bigint END ORDER BY position DESC)
            FILTER (WHERE is_life))[1] AS live_release,
        (array_agg(CASE type WHEN 'deployment.went_live' THEN recorded_at END ORDER BY position DESC)
            FILTER (WHERE is_life))[1] AS live_at,

        max(position) FILTER (WHERE is_begin OR is_end) AS bound_position,
        (array_agg(CASE WHEN is_end THEN recorded_at END ORDER BY position DESC)
            FILTER (WHERE is_begin OR is_end))[1] AS ended_at,

        max(position) FILTER (WHERE is_reason) AS reason_position,
        (array_agg(payload ->> 'step' ORDER BY position DESC) FILTER (WHERE is_reason))[1] AS failed_step,
        (array_agg(
            CASE WHEN type IN ('deployment.failed', 'deployment.cancelled') THEN payload ->> 'reason' END
            ORDER BY position DESC) FILTER (WHERE is_reason))[1] AS reason,

        max(position) FILTER (WHERE is_problem OR is_relief) AS problem_position,
        (array_agg(CASE WHEN is_problem THEN format('%s: %s', payload ->> 'step', payload ->> 'reason') END
            ORDER BY position DESC) FILTER (WHERE is_problem OR is_relief))[1] AS last_problem,

        max(position) FILTER (
            WHERE is_begin OR type IN (
                'deployment.compensation_incomplete', 'deployment.compensated', 'deployment.decommissioned')
        ) AS remaining_position,
        (array_agg(payload -> 'remaining' ORDER BY position DESC) FILTER (
            WHERE is_begin OR type IN (
                'deployment.compensation_incomplete', 'deployment.compensated', 'deployment.decommissioned')
        ))[1] AS remaining,

        max(position) FILTER (WHERE type = 'deployment.went_live' OR is_restoring) AS restored_position,
        (array_agg(CASE WHEN is_restoring THEN payload ->> 'commit' END ORDER BY position DESC)
            FILTER (WHERE type = 'deployment.went_live' OR is_restoring))[1] AS restored_commit,

        (array_agg(recorded_at ORDER BY position DESC))[1] AS updated_at,
        max(stream_version) AS stream_version, max(position) AS position
    FROM (
        SELECT
            stream_id, stream_version, position, type, payload, recorded_at,
            type IN (
                'deployment.requested', 'deployment.step_started', 'deployment.went_live', 'deployment.failed',
                'deployment.cancelled', 'deployment.compensated', 'deployment.compensation_incomplete',
                'deployment.compensation_retried', 'deployment.decommission_requested', 'deployment.decommissioned'
            ) AS is_turn,
            type IN ('deployment.went_live', 'deployment.decommissioned') AS is_life,
            type IN (
                'deployment.requested', 'deployment.compensation_retried', 'deployment.decommission_requested') AS is_begin,
            type IN (
                'deployment.went_live', 'deployment.compensated', 'deployment.compensation_incomplete',
                'deployment.decommissioned') AS is_end,
            type IN (
                'deployment.requested', 'deployment.failed', 'deployment.cancelled',
                'deployment.decommission_requested') AS is_reason,
            type IN (
                'deployment.attempt_failed', 'deployment.step_failed', 'deployment.undo_attempt_failed',
                'deployment.undo_failed') AS is_problem,
            type IN (
                'deployment.requested', 'deployment.went_live', 'deployment.compensated', 'deployment.decommissioned'
            ) AS is_relief,
            type = 'deployment.undone' AND payload ->> 'step' = 'commit' AND payload ->> 'commit' IS NOT NULL
            AS is_restoring
        FROM batch
    ) AS facts
    GROUP BY stream_id
) AS news
WHERE deployment_status.id = news.stream_id;

-- What exists outside: made by the last fact about it, or taken away.
UPDATE deployment_status
SET
    access_point = CASE
        WHEN news.access_point IS NULL THEN deployment_status.access_point ELSE news.access_point ->> 'accessPoint' END,
    file_system = CASE
        WHEN news.access_point IS NULL THEN deployment_status.file_system ELSE news.access_point ->> 'fileSystem' END,
    bucket = CASE WHEN news.bucket IS NULL THEN deployment_status.bucket ELSE news.bucket ->> 'bucket' END,
    domain_target = CASE
        WHEN news.name IS NULL THEN deployment_status.domain_target ELSE news.name ->> 'target' END,
    application = CASE
        WHEN news.application IS NULL THEN deployment_status.application ELSE news.application ->> 'application' END,
    application_project = CASE
        WHEN news.application IS NULL THEN deployment_status.application_project
        ELSE news.application ->> 'project' END,
    repository = coalesce(news.committed ->> 'repository', deployment_status.repository),
    folder = coalesce(news.committed ->> 'folder', deployment_status.folder),
    -- While a release is live, taking back the files of a later one leaves those of the live one: at the commit that restored
    -- them, or at the live one's own if they never changed. Otherwise nothing is declared.
    commit = CASE
        WHEN news.files IS NULL THEN deployment_status.commit
        WHEN NOT news.files ? 'step' THEN news.files ->> 'commit'
        WHEN deployment_status.live_release IS NOT NULL
            AND NOT coalesce(
                news.files_position > deployment_status.decommission_position
                AND deployment_status.decommission_position > deployment_status.requested_position,
                false)
            THEN coalesce(
                deployment_status.restored_commit,
                (
                    SELECT releases.commit
                    FROM deployment_status_releases AS releases
                    WHERE
                        releases.deployment = deployment_status.id
                        AND releases.number = deployment_status.live_release)) END
FROM (
    SELECT
        stream_id,
        (array_agg(payload ORDER BY position DESC) FILTER (WHERE resource = 'access_point'))[1] AS access_point,
        (array_agg(payload ORDER BY position DESC) FILTER (WHERE resource = 'bucket'))[1] AS bucket,
        (array_agg(payload ORDER BY position DESC) FILTER (WHERE resource = 'name'))[1] AS name,
        (array_agg(payload ORDER BY position DESC) FILTER (WHERE resource = 'application'))[1] AS application,
        (array_agg(payload ORDER BY position DESC) FILTER (WHERE resource = 'commit'))[1] AS files,
        max(position) FILTER (WHERE resource = 'commit') AS files_position,
        (array_agg(payload ORDER BY position DESC) FILTER (WHERE type = 'deployment.committed'))[1] AS committed
    FROM (
        SELECT
            stream_id, position, type, payload,
            CASE type
                WHEN 'deployment.access_point_provisioned' THEN 'access_point'
                WHEN 'deployment.bucket_provisioned' THEN 'bucket'
                WHEN 'deployment.name_provisioned' THEN 'name'
                WHEN 'deployment.application_declared' THEN 'application'
                WHEN 'deployment.committed' THEN 'commit'
                WHEN 'deployment.undone' THEN payload ->> 'step' END AS resource
        FROM batch
    ) AS facts
    WHERE resource IS NOT NULL
    GROUP BY stream_id
) AS news
WHERE deployment_status.id = news.stream_id;

-- Progress. A request and a decommission begin with a clean slate; a retried compensation forgets what it did not achieve.
UPDATE deployment_status
SET
    steps = CASE WHEN news.reset IS NULL THEN deployment_status.steps ELSE '{}' END || coalesce(news.steps, '{}'),
    undos = CASE
        WHEN news.reset IS NOT NULL THEN '{}'
        WHEN news.retried IS NOT NULL THEN coalesce(
            (
                SELECT jsonb_object_agg(undo.key, undo.value)
                FROM jsonb_each(deployment_status.undos) AS undo
                WHERE undo.value = '"done"'),
            '{}')
        ELSE deployment_status.undos END || coalesce(news.undos, '{}')
FROM (
    SELECT
        stream_id, max(reset) AS reset, max(retried) AS retried,
        jsonb_object_agg(step, state) FILTER (WHERE is_latest AND action = 'do') AS steps,
        jsonb_object_agg(step, state) FILTER (
            WHERE is_latest AND action = 'undo' AND (state = 'done' OR position > coalesce(retried, 0))) AS undos
    FROM (
        SELECT
            stream_id, position, action, step, state, reset, retried,
            action IS NOT NULL AND position > coalesce(reset, 0)
            AND position = max(position) OVER (PARTITION BY stream_id, action, step) AS is_latest
        FROM (
            SELECT
                batch.stream_id, batch.position, meanings.action, coalesce(meanings.step, batch.payload ->> 'step') AS step,
                meanings.state,
                max(batch.position) FILTER (
                    WHERE batch.type IN ('deployment.requested', 'deployment.decommission_requested')
                ) OVER (PARTITION BY batch.stream_id) AS reset,
                max(batch.position) FILTER (WHERE batch.type = 'deployment.compensation_retried')
                    OVER (PARTITION BY batch.stream_id) AS retried
            FROM batch
            LEFT JOIN (
                VALUES
                    ('deployment.step_started', 'do', NULL, 'running'),
                    ('deployment.rendered', 'do', 'render', 'succeeded'),
                    ('deployment.access_point_provisioned', 'do', 'access_point', 'succeeded'),
                    ('deployment.bucket_provisioned', 'do', 'bucket', 'succeeded'),
                    ('deployment.name_provisioned', 'do', 'name', 'succeeded'),
                    ('deployment.committed', 'do', 'commit', 'succeeded'),
                    ('deployment.application_declared', 'do', 'application', 'succeeded'),
                    ('deployment.synced', 'do', 'sync', 'succeeded'),
                    ('deployment.became_healthy', 'do', 'health', 'succeeded'),
                    ('deployment.step_failed', 'do', NULL, 'failed'),
                    ('deployment.step_abandoned', 'do', NULL, 'abandoned'),
                    ('deployment.undo_started', 'undo', NULL, 'running'),
                    ('deployment.undone', 'undo', NULL, 'done'),
                    ('deployment.undo_failed', 'undo', NULL, 'failed')
            ) AS meanings (type, action, step, state)
                ON meanings.type = batch.type
        ) AS marked
    ) AS facts
    GROUP BY stream_id
) AS news
WHERE deployment_status.id = news.stream_id;

-- The state follows from the last turn and what it was a turn of.
UPDATE deployment_status
SET
    state = CASE last_turn
        WHEN 'deployment.requested' THEN 'requested'
        WHEN 'deployment.step_started' THEN 'provisioning'
        WHEN 'deployment.went_live' THEN 'live'
        WHEN 'deployment.failed' THEN 'compensating'
        WHEN 'deployment.cancelled' THEN 'compensating'
        WHEN 'deployment.compensated' THEN
            CASE
                WHEN live_release IS NOT NULL THEN 'live'
                WHEN last_ending = 'deployment.cancelled' THEN 'cancelled'
                ELSE 'failed' END
        WHEN 'deployment.compensation_incomplete' THEN
            CASE
                WHEN decommission_position > requested_position THEN 'decommission_incomplete'
                ELSE 'compensation_incomplete' END
        WHEN 'deployment.compensation_retried' THEN
            CASE WHEN decommission_position > requested_position THEN 'decommissioning' ELSE 'compensating' END
        WHEN 'deployment.decommission_requested' THEN 'decommissioning'
        WHEN 'deployment.decommissioned' THEN 'decommissioned' END,
    live_template_version = (
        SELECT template_version
        FROM deployment_status_releases AS releases
        WHERE releases.deployment = deployment_status.id AND releases.number = deployment_status.live_release)
WHERE id IN (SELECT stream_id FROM batch);
