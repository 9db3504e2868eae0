-- Folds the batch into deployment_status. Every column is the last of some kind of fact, so that it does not matter where one
-- batch ends and the next begins; the state is derived from those at the end. Each row is written once, whatever the batch holds of it.

-- Releases. A resource is there before a request if the last fact about it before the request made it, and not took it away:
-- position * 2 + 1 stands for made, position * 2 for taken away, and the highest is the last.
INSERT INTO deployment_status_releases (
    deployment, number, cause, of_release, size, cluster, template, template_version, domain, parameters, requested_by,
    requested_at, planned_steps, outcome, outcome_reason, outcome_at, commit, requested_position, position)
SELECT
    news.stream_id, news.number, coalesce(news.request ->> 'cause', kept.cause),
    CASE WHEN news.request IS NULL THEN kept.of_release ELSE (news.request ->> 'of')::bigint END,
    coalesce(news.request #>> '{release,size}', kept.size), coalesce(news.request #>> '{release,cluster}', kept.cluster),
    coalesce(news.request #>> '{release,template}', kept.template),
    coalesce(news.request #>> '{release,templateVersion}', kept.template_version),
    CASE WHEN news.request IS NULL THEN kept.domain ELSE news.request #>> '{release,domain}' END,
    coalesce(news.request #> '{release,parameters}', kept.parameters),
    coalesce(news.request ->> 'requestedBy', kept.requested_by), coalesce(news.requested_at, kept.requested_at),
    CASE
        WHEN news.request IS NULL THEN kept.planned_steps
        ELSE array_remove(
            ARRAY[
                'render',
                CASE
                    WHEN jsonb_typeof(news.request #> '{release,needs,accessPoint}') = 'object'
                        AND NOT coalesce(made.access_point % 2 = 1, status.access_point IS NOT NULL, false)
                        THEN 'access_point' END,
                CASE
                    WHEN news.request #>> '{release,needs,bucket}' = 'true'
                        AND NOT coalesce(made.bucket % 2 = 1, status.bucket IS NOT NULL, false)
                        THEN 'bucket' END,
                CASE
                    WHEN news.request #>> '{release,domain}' IS NOT NULL
                        AND NOT coalesce(made.name % 2 = 1, status.domain_target IS NOT NULL, false)
                        THEN 'name' END,
                'commit', 'application', 'sync', 'health'],
            NULL) END,
    CASE WHEN news.ended_at IS NULL THEN kept.outcome ELSE news.outcome END,
    CASE WHEN news.ended_at IS NULL THEN kept.outcome_reason ELSE news.reason END,
    coalesce(news.ended_at, kept.outcome_at), coalesce(news.commit, kept.commit),
    coalesce(news.requested_position, kept.requested_position), news.position
FROM (
    -- Each of them happens at most once to a release, and of the endings only one.
    SELECT
        stream_id, (payload ->> 'number')::bigint AS number, max(position) AS position,
        (array_agg(payload) FILTER (WHERE type = 'deployment.requested'))[1] AS request,
        max(position) FILTER (WHERE type = 'deployment.requested') AS requested_position,
        max(recorded_at) FILTER (WHERE type = 'deployment.requested') AS requested_at,
        max(payload ->> 'commit') AS commit,
        max(
            CASE type
                WHEN 'deployment.went_live' THEN 'live' WHEN 'deployment.failed' THEN 'failed'
                WHEN 'deployment.cancelled' THEN 'cancelled' END) AS outcome,
        max(payload ->> 'reason') AS reason,
        max(recorded_at) FILTER (WHERE type NOT IN ('deployment.requested', 'deployment.committed')) AS ended_at
    FROM batch
    WHERE
        type IN (
            'deployment.requested', 'deployment.committed', 'deployment.went_live', 'deployment.failed',
            'deployment.cancelled')
    GROUP BY stream_id, (payload ->> 'number')::bigint
) AS news
LEFT JOIN deployment_status_releases AS kept ON kept.deployment = news.stream_id AND kept.number = news.number
LEFT JOIN deployment_status AS status ON status.id = news.stream_id
LEFT JOIN (
    -- What the batch says of the resources before each of its requests.
    SELECT
        request.stream_id, request.position, max(fact.mark) FILTER (WHERE fact.resource = 'access_point') AS access_point,
        max(fact.mark) FILTER (WHERE fact.resource = 'bucket') AS bucket,
        max(fact.mark) FILTER (WHERE fact.resource = 'name') AS name
    FROM batch AS request
    INNER JOIN (
        SELECT
            stream_id, position, position * 2 + CASE type WHEN 'deployment.undone' THEN 0 ELSE 1 END AS mark,
            CASE type
                WHEN 'deployment.access_point_provisioned' THEN 'access_point'
                WHEN 'deployment.bucket_provisioned' THEN 'bucket'
                WHEN 'deployment.name_provisioned' THEN 'name'
                ELSE payload ->> 'step' END AS resource
        FROM batch
        WHERE
            type IN (
                'deployment.access_point_provisioned', 'deployment.bucket_provisioned', 'deployment.name_provisioned',
                'deployment.undone')
    ) AS fact
        ON fact.stream_id = request.stream_id AND fact.position < request.position
    WHERE request.type = 'deployment.requested'
    GROUP BY request.stream_id, request.position
) AS made
    ON made.stream_id = news.stream_id AND made.position = news.requested_position
WHERE news.requested_position IS NOT NULL OR kept.number IS NOT NULL
ON CONFLICT (deployment, number) DO UPDATE
SET
    outcome = excluded.outcome, outcome_reason = excluded.outcome_reason, outcome_at = excluded.outcome_at,
    commit = excluded.commit, position = excluded.position;

-- Deployments. First where the last fact of each kind is, then what those facts say, then what follows for the row.
WITH meanings (type, turn, ending, is_life, is_begin, is_end, is_reason, is_problem, is_relief, is_remains, resource, action, step, state)
AS (
    VALUES
        -- turn: facts that the state follows from. Of the state of a step: 1 running, 2 succeeded, 3 failed, 4 abandoned, 5 done.
        ('deployment.requested', 1, NULL::bigint, false, true, false, true, false, true, true, NULL, NULL, NULL, NULL::bigint),
        ('deployment.step_started', 2, NULL, false, false, false, false, false, false, false, NULL, 'do', NULL, 1),
        ('deployment.went_live', 3, NULL, true, false, true, false, false, true, false, NULL, NULL, NULL, NULL),
        ('deployment.failed', 4, 0, false, false, false, true, false, false, false, NULL, NULL, NULL, NULL),
        ('deployment.cancelled', 5, 1, false, false, false, true, false, false, false, NULL, NULL, NULL, NULL),
        ('deployment.compensated', 6, NULL, false, false, true, false, false, true, true, NULL, NULL, NULL, NULL),
        ('deployment.compensation_incomplete', 7, NULL, false, false, true, false, false, false, true, NULL, NULL, NULL, NULL),
        ('deployment.compensation_retried', 8, NULL, false, true, false, false, false, false, true, NULL, NULL, NULL, NULL),
        ('deployment.decommission_requested', 9, NULL, false, true, false, true, false, false, true, NULL, NULL, NULL, NULL),
        ('deployment.decommissioned', 10, NULL, true, false, true, false, false, true, true, NULL, NULL, NULL, NULL),
        ('deployment.rendered', NULL, NULL, false, false, false, false, false, false, false, NULL, 'do', 'render', 2),
        ('deployment.access_point_provisioned', NULL, NULL, false, false, false, false, false, false, false, 'access_point', 'do', 'access_point', 2),
        ('deployment.bucket_provisioned', NULL, NULL, false, false, false, false, false, false, false, 'bucket', 'do', 'bucket', 2),
        ('deployment.name_provisioned', NULL, NULL, false, false, false, false, false, false, false, 'name', 'do', 'name', 2),
        ('deployment.committed', NULL, NULL, false, false, false, false, false, false, false, 'commit', 'do', 'commit', 2),
        ('deployment.application_declared', NULL, NULL, false, false, false, false, false, false, false, 'application', 'do', 'application', 2),
        ('deployment.synced', NULL, NULL, false, false, false, false, false, false, false, NULL, 'do', 'sync', 2),
        ('deployment.became_healthy', NULL, NULL, false, false, false, false, false, false, false, NULL, 'do', 'health', 2),
        ('deployment.attempt_failed', NULL, NULL, false, false, false, false, true, false, false, NULL, NULL, NULL, NULL),
        ('deployment.step_failed', NULL, NULL, false, false, false, false, true, false, false, NULL, 'do', NULL, 3),
        ('deployment.step_abandoned', NULL, NULL, false, false, false, false, false, false, false, NULL, 'do', NULL, 4),
        ('deployment.undo_started', NULL, NULL, false, false, false, false, false, false, false, NULL, 'undo', NULL, 1),
        ('deployment.undo_attempt_failed', NULL, NULL, false, false, false, false, true, false, false, NULL, NULL, NULL, NULL),
        ('deployment.undone', NULL, NULL, false, false, false, false, false, false, false, 'undone', 'undo', NULL, 5),
        ('deployment.undo_failed', NULL, NULL, false, false, false, false, true, false, false, NULL, 'undo', NULL, 3)
), facts AS (
    SELECT
        batch.stream_id, batch.stream_version, batch.position, batch.recorded_at, meanings.turn, meanings.ending, meanings.is_life,
        meanings.is_begin, meanings.is_end, meanings.is_reason, meanings.is_problem, meanings.is_relief, meanings.is_remains,
        meanings.action, meanings.state,
        CASE meanings.resource WHEN 'undone' THEN batch.payload ->> 'step' ELSE meanings.resource END AS resource,
        CASE meanings.resource WHEN 'undone' THEN batch.payload ->> 'commit' END AS restored,
        CASE WHEN meanings.action IS NOT NULL THEN coalesce(meanings.step, batch.payload ->> 'step') END AS step
    FROM batch
    INNER JOIN meanings ON meanings.type = batch.type
), places AS (
    SELECT
        stream_id, max(stream_version) AS stream_version, max(position) AS position,
        max(position * 16 + turn) AS turn, max(position * 2 + ending) AS ending,
        max(CASE turn WHEN 1 THEN position END) AS request, min(CASE turn WHEN 1 THEN position END) AS first_request,
        max(CASE turn WHEN 9 THEN position END) AS decommission, max(CASE turn WHEN 8 THEN position END) AS retried,
        max(CASE WHEN is_life THEN position END) AS life, max(CASE WHEN is_begin OR is_end THEN position END) AS bound,
        max(CASE WHEN is_reason THEN position END) AS reason,
        max(CASE WHEN is_problem OR is_relief THEN position END) AS problem,
        max(CASE WHEN is_remains THEN position END) AS remaining,
        max(CASE WHEN turn = 3 OR (resource = 'commit' AND restored IS NOT NULL) THEN position END) AS restored,
        max(CASE resource WHEN 'access_point' THEN position END) AS access_point,
        max(CASE resource WHEN 'bucket' THEN position END) AS bucket,
        max(CASE resource WHEN 'name' THEN position END) AS name,
        max(CASE resource WHEN 'application' THEN position END) AS application,
        max(CASE resource WHEN 'commit' THEN position END) AS files,
        max(CASE WHEN resource = 'commit' AND action = 'do' THEN position END) AS committed
    FROM facts
    GROUP BY stream_id
), news AS (
    SELECT
        places.stream_id,
        max(CASE kind WHEN 'request' THEN batch.recorded_at END) AS requested_at,
        (array_agg(batch.payload -> 'release') FILTER (WHERE kind = 'request'))[1] AS release,
        max(CASE kind WHEN 'first' THEN batch.recorded_at END) AS created_at,
        max(CASE kind WHEN 'last' THEN batch.recorded_at END) AS updated_at,
        max(CASE WHEN kind = 'life' AND batch.type = 'deployment.went_live' THEN (batch.payload ->> 'number')::bigint END)
            AS live_release,
        max(CASE WHEN kind = 'life' AND batch.type = 'deployment.went_live' THEN batch.recorded_at END) AS live_at,
        max(
            CASE
                WHEN kind = 'bound' AND batch.type IN (
                    'deployment.went_live', 'deployment.compensated', 'deployment.compensation_incomplete',
                    'deployment.decommissioned')
                    THEN batch.recorded_at END) AS ended_at,
        max(CASE kind WHEN 'reason' THEN batch.payload ->> 'step' END) AS failed_step,
        max(
            CASE
                WHEN kind = 'reason' AND batch.type IN ('deployment.failed', 'deployment.cancelled')
                    THEN batch.payload ->> 'reason' END) AS reason,
        max(
            CASE
                WHEN kind = 'problem' AND batch.type IN (
                    'deployment.attempt_failed', 'deployment.step_failed', 'deployment.undo_attempt_failed',
                    'deployment.undo_failed')
                    THEN format('%s: %s', batch.payload ->> 'step', batch.payload ->> 'reason') END) AS last_problem,
        max(CASE kind WHEN 'remaining' THEN batch.payload ->> 'remaining' END) AS remaining,
        max(CASE WHEN kind = 'restored' AND batch.type = 'deployment.undone' THEN batch.payload ->> 'commit' END)
            AS restored_commit,
        max(CASE kind WHEN 'access_point' THEN batch.payload ->> 'accessPoint' END) AS access_point,
        max(CASE kind WHEN 'access_point' THEN batch.payload ->> 'fileSystem' END) AS file_system,
        max(CASE kind WHEN 'bucket' THEN batch.payload ->> 'bucket' END) AS bucket,
        max(CASE kind WHEN 'name' THEN batch.payload ->> 'target' END) AS domain_target,
        max(CASE kind WHEN 'application' THEN batch.payload ->> 'application' END) AS application,
        max(CASE kind WHEN 'application' THEN batch.payload ->> 'project' END) AS application_project,
        max(CASE kind WHEN 'committed' THEN batch.payload ->> 'commit' END) AS commit,
        max(CASE kind WHEN 'committed' THEN batch.payload ->> 'repository' END) AS repository,
        max(CASE kind WHEN 'committed' THEN batch.payload ->> 'folder' END) AS folder
    FROM places
    CROSS JOIN LATERAL (
        VALUES
            ('request', places.request), ('first', places.first_request), ('last', places.position), ('life', places.life),
            ('bound', places.bound), ('reason', places.reason), ('problem', places.problem),
            ('remaining', places.remaining), ('restored', places.restored), ('access_point', places.access_point),
            ('bucket', places.bucket), ('name', places.name), ('application', places.application),
            ('committed', places.committed)
    ) AS wanted (kind, position)
    INNER JOIN batch ON batch.position = wanted.position
    GROUP BY places.stream_id
), progress AS (
    SELECT
        latest.stream_id,
        jsonb_object_agg(latest.step, latest.state) FILTER (WHERE latest.action = 'do') AS steps,
        jsonb_object_agg(latest.step, latest.state) FILTER (
            WHERE latest.action = 'undo' AND (latest.state = 'done' OR latest.position > coalesce(places.retried, 0))) AS undos
    FROM (
        SELECT
            stream_id, action, step, max(position) AS position,
            (ARRAY['running', 'succeeded', 'failed', 'abandoned', 'done'])[max(position * 8 + state) % 8] AS state
        FROM facts
        WHERE action IS NOT NULL
        GROUP BY stream_id, action, step
    ) AS latest
    INNER JOIN places ON places.stream_id = latest.stream_id
    WHERE latest.position > coalesce(greatest(places.request, places.decommission), 0)
    GROUP BY latest.stream_id
), rows AS (
    SELECT
        places.stream_id AS id, coalesce(kept.customer, news.release ->> 'customer') AS customer,
        coalesce(news.release ->> 'customerName', kept.customer_name) AS customer_name,
        coalesce(kept.name, news.release ->> 'name') AS name,
        coalesce(kept.environment, news.release ->> 'environment') AS environment,
        coalesce(request.number, kept.release) AS release, coalesce(request.cause, kept.cause) AS cause,
        CASE WHEN places.request IS NULL THEN kept.of_release ELSE request.of_release END AS of_release,
        coalesce(request.size, kept.size) AS size, coalesce(request.cluster, kept.cluster) AS cluster,
        coalesce(request.template, kept.template) AS template,
        coalesce(request.template_version, kept.template_version) AS template_version,
        CASE WHEN places.request IS NULL THEN kept.domain ELSE request.domain END AS domain,
        coalesce(request.parameters, kept.parameters) AS parameters,
        coalesce(request.requested_by, kept.requested_by) AS requested_by,
        coalesce(request.requested_at, kept.requested_at) AS requested_at,
        coalesce(request.planned_steps, kept.planned_steps) AS planned_steps,
        coalesce(places.request, kept.requested_position) AS requested_position,
        CASE WHEN places.life IS NULL THEN kept.live_release ELSE news.live_release END AS live_release,
        CASE WHEN places.life IS NULL THEN kept.live_at ELSE news.live_at END AS live_at,
        CASE WHEN places.request IS NULL AND places.decommission IS NULL THEN coalesce(kept.steps, '{}') ELSE '{}' END
        || coalesce(progress.steps, '{}') AS steps,
        CASE
            WHEN places.request IS NOT NULL OR places.decommission IS NOT NULL THEN '{}'
            -- A retried compensation forgets what it did not achieve.
            WHEN places.retried IS NOT NULL THEN coalesce(
                (
                    SELECT jsonb_object_agg(undo.key, undo.value)
                    FROM jsonb_each(kept.undos) AS undo
                    WHERE undo.value = '"done"'),
                '{}')
            ELSE coalesce(kept.undos, '{}') END || coalesce(progress.undos, '{}') AS undos,
        CASE WHEN places.bound IS NULL THEN kept.ended_at ELSE news.ended_at END AS ended_at,
        CASE WHEN places.reason IS NULL THEN kept.failed_step ELSE news.failed_step END AS failed_step,
        CASE WHEN places.reason IS NULL THEN kept.reason ELSE news.reason END AS reason,
        CASE WHEN places.problem IS NULL THEN kept.last_problem ELSE news.last_problem END AS last_problem,
        CASE
            WHEN places.remaining IS NULL THEN kept.remaining
            WHEN news.remaining IS NOT NULL THEN ARRAY(SELECT jsonb_array_elements_text(news.remaining::jsonb)) END AS remaining,
        CASE WHEN places.access_point IS NULL THEN kept.access_point ELSE news.access_point END AS access_point,
        CASE WHEN places.access_point IS NULL THEN kept.file_system ELSE news.file_system END AS file_system,
        CASE WHEN places.bucket IS NULL THEN kept.bucket ELSE news.bucket END AS bucket,
        CASE WHEN places.name IS NULL THEN kept.domain_target ELSE news.domain_target END AS domain_target,
        kept.commit AS kept_commit, news.commit, places.files, places.committed,
        coalesce(news.repository, kept.repository) AS repository, coalesce(news.folder, kept.folder) AS folder,
        CASE WHEN places.application IS NULL THEN kept.application ELSE news.application END AS application,
        CASE WHEN places.application IS NULL THEN kept.application_project ELSE news.application_project END
            AS application_project,
        coalesce((SELECT type FROM meanings WHERE meanings.turn = places.turn % 16), kept.last_turn) AS last_turn,
        coalesce(
            CASE places.ending % 2 WHEN 0 THEN 'deployment.failed' WHEN 1 THEN 'deployment.cancelled' END, kept.last_ending
        ) AS last_ending,
        CASE WHEN places.restored IS NULL THEN kept.restored_commit ELSE news.restored_commit END AS restored_commit,
        coalesce(places.decommission, kept.decommission_position) AS decommission_position,
        coalesce(kept.created_at, news.created_at) AS created_at, news.updated_at, places.stream_version, places.position
    FROM places
    INNER JOIN news ON news.stream_id = places.stream_id
    LEFT JOIN progress ON progress.stream_id = places.stream_id
    LEFT JOIN deployment_status AS kept ON kept.id = places.stream_id
    LEFT JOIN deployment_status_releases AS request
        ON request.deployment = places.stream_id AND request.requested_position = places.request
    WHERE places.request IS NOT NULL OR kept.id IS NOT NULL
)
INSERT INTO deployment_status (
    id, customer, customer_name, name, environment, release, cause, of_release, size, cluster, template, template_version,
    domain, parameters, requested_by, requested_at, planned_steps, requested_position, state, live_release,
    live_template_version, live_at, steps, undos, ended_at, failed_step, reason, last_problem, remaining, access_point,
    file_system, bucket, domain_target, commit, repository, folder, application, application_project, last_turn, last_ending,
    restored_commit, decommission_position, created_at, updated_at, stream_version, position)
SELECT
    rows.id, rows.customer, rows.customer_name, rows.name, rows.environment, rows.release, rows.cause, rows.of_release, rows.size,
    rows.cluster, rows.template, rows.template_version, rows.domain, rows.parameters, rows.requested_by, rows.requested_at,
    rows.planned_steps, rows.requested_position,
    -- The state follows from the last turn and what it was a turn of.
    CASE rows.last_turn
        WHEN 'deployment.requested' THEN 'requested'
        WHEN 'deployment.step_started' THEN 'provisioning'
        WHEN 'deployment.went_live' THEN 'live'
        WHEN 'deployment.failed' THEN 'compensating'
        WHEN 'deployment.cancelled' THEN 'compensating'
        WHEN 'deployment.compensated' THEN
            CASE
                WHEN rows.live_release IS NOT NULL THEN 'live'
                WHEN rows.last_ending = 'deployment.cancelled' THEN 'cancelled'
                ELSE 'failed' END
        WHEN 'deployment.compensation_incomplete' THEN
            CASE
                WHEN rows.decommission_position > rows.requested_position THEN 'decommission_incomplete'
                ELSE 'compensation_incomplete' END
        WHEN 'deployment.compensation_retried' THEN
            CASE WHEN rows.decommission_position > rows.requested_position THEN 'decommissioning' ELSE 'compensating' END
        WHEN 'deployment.decommission_requested' THEN 'decommissioning'
        WHEN 'deployment.decommissioned' THEN 'decommissioned' END,
    rows.live_release, live.template_version, rows.live_at, rows.steps, rows.undos, rows.ended_at, rows.failed_step, rows.reason,
    rows.last_problem, rows.remaining, rows.access_point, rows.file_system, rows.bucket, rows.domain_target,
    -- While a release is live, taking back the files of a later one leaves those of the live one: at the commit that restored
    -- them, or at the live one's own if they never changed. Otherwise nothing is declared.
    CASE
        WHEN rows.files IS NULL THEN rows.kept_commit
        WHEN rows.files = rows.committed THEN rows.commit
        WHEN rows.live_release IS NOT NULL
            AND NOT coalesce(
                rows.files > rows.decommission_position AND rows.decommission_position > rows.requested_position, false)
            THEN coalesce(rows.restored_commit, live.commit) END,
    rows.repository, rows.folder, rows.application, rows.application_project, rows.last_turn, rows.last_ending,
    rows.restored_commit, rows.decommission_position, rows.created_at, rows.updated_at, rows.stream_version, rows.position
FROM rows
LEFT JOIN deployment_status_releases AS live ON live.deployment = rows.id AND live.number = rows.live_release
ON CONFLICT (id) DO UPDATE
SET
    customer_name = excluded.customer_name, release = excluded.release, cause = excluded.cause,
    of_release = excluded.of_release, size = excluded.size, cluster = excluded.cluster, template = excluded.template,
    template_version = excluded.template_version, domain = excluded.domain, parameters = excluded.parameters,
    requested_by = excluded.requested_by, requested_at = excluded.requested_at, planned_steps = excluded.planned_steps,
    requested_position = excluded.requested_position, state = excluded.state, live_release = excluded.live_release,
    live_template_version = excluded.live_template_version, live_at = excluded.live_at, steps = excluded.steps,
    undos = excluded.undos, ended_at = excluded.ended_at, failed_step = excluded.failed_step, reason = excluded.reason,
    last_problem = excluded.last_problem, remaining = excluded.remaining, access_point = excluded.access_point,
    file_system = excluded.file_system, bucket = excluded.bucket, domain_target = excluded.domain_target,
    commit = excluded.commit, repository = excluded.repository, folder = excluded.folder, application = excluded.application,
    application_project = excluded.application_project, last_turn = excluded.last_turn, last_ending = excluded.last_ending,
    restored_commit = excluded.restored_commit, decommission_position = excluded.decommission_position,
    updated_at = excluded.updated_at, stream_version = excluded.stream_version, position = excluded.position;
