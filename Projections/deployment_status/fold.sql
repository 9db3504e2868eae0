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
    -- Each of them happens at most once to a release, and of the endings only one. What waited for approval is requested by it, in
    -- the same words.
    SELECT
        stream_id, (payload ->> 'number')::bigint AS number, max(position) AS position,
        (array_agg(payload) FILTER (WHERE type IN ('deployment.requested', 'deployment.approval_requested')))[1] AS request,
        max(position) FILTER (WHERE type IN ('deployment.requested', 'deployment.approval_requested'))
            AS requested_position,
        max(recorded_at) FILTER (WHERE type IN ('deployment.requested', 'deployment.approval_requested'))
            AS requested_at,
        max(payload ->> 'commit') AS commit,
        max(
            CASE type
                WHEN 'deployment.went_live' THEN 'live' WHEN 'deployment.failed' THEN 'failed'
                WHEN 'deployment.cancelled' THEN 'cancelled' WHEN 'deployment.rejected' THEN 'rejected'
                WHEN 'deployment.approval_expired' THEN 'approval_expired'
                WHEN 'deployment.approval_withdrawn' THEN 'approval_withdrawn'
                WHEN 'deployment.superseded' THEN 'superseded' END) AS outcome,
        max(payload ->> 'reason') AS reason,
        max(recorded_at)
        FILTER (WHERE type NOT IN ('deployment.requested', 'deployment.approval_requested', 'deployment.committed'))
            AS ended_at
    FROM batch
    WHERE
        type IN (
            'deployment.requested', 'deployment.committed', 'deployment.went_live', 'deployment.failed',
            'deployment.cancelled', 'deployment.approval_requested', 'deployment.rejected', 'deployment.approval_expired',
            'deployment.approval_withdrawn', 'deployment.superseded')
    GROUP BY stream_id, (payload ->> 'number')::bigint
) AS news
LEFT JOIN deployment_status_releases AS kept ON kept.deployment = news.stream_id AND kept.number = news.number
LEFT JOIN deployment_status AS status ON status.id = news.stream_id
LEFT JOIN (
    -- What the batch says of the resources before each of its requests; before the first event there is nothing.
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
    WHERE
        request.type IN ('deployment.requested', 'deployment.approval_requested') AND request.stream_version > 1
    GROUP BY request.stream_id, request.position
) AS made
    ON made.stream_id = news.stream_id AND made.position = news.requested_position
WHERE news.requested_position IS NOT NULL OR kept.number IS NOT NULL
ON CONFLICT (deployment, number) DO UPDATE
SET
    outcome = excluded.outcome, outcome_reason = excluded.outcome_reason, outcome_at = excluded.outcome_at,
    commit = excluded.commit, planned_steps = excluded.planned_steps, requested_at = excluded.requested_at,
    requested_position = excluded.requested_position, position = excluded.position;

-- Deployments, in one pass over the batch. An array that begins with the place of its fact in the log is less than those of later
-- facts, so that the highest holds what the last fact of the kind says, even that it says nothing.
WITH meanings (
    type, turn, ending, is_life, is_begin, is_end, is_reason, is_problem, is_relief, is_remains, is_resource, action, step, state)
AS (
    VALUES
        -- turn: facts that the state follows from. Of the state of a step: 1 running, 2 succeeded, 3 failed, 4 abandoned, 5 done.
        ('deployment.requested', 1, NULL::bigint, false, true, false, true, false, true, true, false, NULL, NULL, NULL::bigint),
        ('deployment.step_started', 2, NULL, false, false, false, false, false, false, false, false, 'do', NULL, 1),
        ('deployment.went_live', 3, NULL, true, false, true, false, false, true, false, false, NULL, NULL, NULL),
        ('deployment.failed', 4, 0, false, false, false, true, false, false, false, false, NULL, NULL, NULL),
        ('deployment.cancelled', 5, 1, false, false, false, true, false, false, false, false, NULL, NULL, NULL),
        ('deployment.compensated', 6, NULL, false, false, true, false, false, true, true, false, NULL, NULL, NULL),
        ('deployment.compensation_incomplete', 7, NULL, false, false, true, false, false, false, true, false, NULL, NULL, NULL),
        ('deployment.compensation_retried', 8, NULL, false, true, false, false, false, false, true, false, NULL, NULL, NULL),
        ('deployment.decommission_requested', 9, NULL, false, true, false, true, false, false, true, false, NULL, NULL, NULL),
        ('deployment.decommissioned', 10, NULL, true, false, true, false, false, true, true, false, NULL, NULL, NULL),
        -- Turns 12 to 15 are those of an approval: what comes of them goes before the state, and after it the state is as it was.
        ('deployment.approval_requested', 12, NULL, false, false, false, false, false, false, false, false, NULL, NULL, NULL),
        ('deployment.rejected', 13, NULL, false, false, false, false, false, false, false, false, NULL, NULL, NULL),
        ('deployment.approval_expired', 14, NULL, false, false, false, false, false, false, false, false, NULL, NULL, NULL),
        ('deployment.approval_withdrawn', 15, NULL, false, false, false, false, false, false, false, false, NULL, NULL, NULL),
        ('deployment.approved', NULL, NULL, false, false, false, false, false, false, false, false, NULL, NULL, NULL),
        ('deployment.held', 16, NULL, false, false, false, true, false, false, false, false, NULL, NULL, NULL),
        ('deployment.resumed', 17, NULL, false, true, false, true, false, true, false, false, NULL, NULL, NULL),
        ('deployment.superseded', NULL, NULL, false, false, false, false, false, false, false, false, NULL, NULL, NULL),
        ('deployment.rendered', NULL, NULL, false, false, false, false, false, false, false, false, 'do', 'render', 2),
        ('deployment.access_point_provisioned', NULL, NULL, false, false, false, false, false, false, false, true, 'do', 'access_point', 2),
        ('deployment.bucket_provisioned', NULL, NULL, false, false, false, false, false, false, false, true, 'do', 'bucket', 2),
        ('deployment.name_provisioned', NULL, NULL, false, false, false, false, false, false, false, true, 'do', 'name', 2),
        ('deployment.committed', NULL, NULL, false, false, false, false, false, false, false, true, 'do', 'commit', 2),
        ('deployment.application_declared', NULL, NULL, false, false, false, false, false, false, false, true, 'do', 'application', 2),
        ('deployment.synced', NULL, NULL, false, false, false, false, false, false, false, false, 'do', 'sync', 2),
        ('deployment.became_healthy', NULL, NULL, false, false, false, false, false, false, false, false, 'do', 'health', 2),
        ('deployment.attempt_failed', NULL, NULL, false, false, false, false, true, false, false, false, NULL, NULL, NULL),
        ('deployment.step_failed', NULL, NULL, false, false, false, false, true, false, false, false, 'do', NULL, 3),
        ('deployment.step_abandoned', NULL, NULL, false, false, false, false, false, false, false, false, 'do', NULL, 4),
        ('deployment.undo_started', NULL, NULL, false, false, false, false, false, false, false, false, 'undo', NULL, 1),
        ('deployment.undo_attempt_failed', NULL, NULL, false, false, false, false, true, false, false, false, NULL, NULL, NULL),
        ('deployment.undone', NULL, NULL, false, false, false, false, false, false, false, true, 'undo', NULL, 5),
        ('deployment.undo_failed', NULL, NULL, false, false, false, false, true, false, false, false, 'undo', NULL, 3),
        ('deployment.became_degraded', NULL, NULL, false, false, false, false, false, false, false, false, NULL, NULL, NULL),
        ('deployment.recovered', NULL, NULL, false, false, false, false, false, false, false, false, NULL, NULL, NULL),
        ('deployment.drifted', NULL, NULL, false, false, false, false, false, false, false, false, NULL, NULL, NULL),
        ('deployment.reconciled', NULL, NULL, false, false, false, false, false, false, false, false, NULL, NULL, NULL),
        ('deployment.unexplained_change', NULL, NULL, false, false, false, false, false, false, false, false, NULL, NULL, NULL),
        ('deployment.data_removal_scheduled', NULL, NULL, false, false, false, false, false, false, false, false, NULL, NULL, NULL),
        ('deployment.data_removal_withdrawn', NULL, NULL, false, false, false, false, false, false, false, false, NULL, NULL, NULL),
        ('deployment.intervened', NULL, NULL, false, false, false, false, false, false, false, false, NULL, NULL, NULL)
), steps (name, number) AS (
    VALUES
        ('render', 1), ('access_point', 2), ('bucket', 3), ('name', 4), ('commit', 5), ('application', 6), ('sync', 7),
        ('health', 8)
), facts AS (
    SELECT
        batch.stream_id, batch.stream_version, batch.position, lpad(batch.position::text, 19, '0') AS place,
        batch.recorded_at, batch.payload, meanings.turn, meanings.ending, meanings.is_life, meanings.is_begin,
        meanings.is_end, meanings.is_reason, meanings.is_problem, meanings.is_relief, meanings.is_remains,
        meanings.is_resource, meanings.action, steps.number AS step, batch.position * 8 + meanings.state AS mark
    FROM batch
    INNER JOIN meanings ON meanings.type = batch.type
    LEFT JOIN steps
        ON steps.name = CASE WHEN meanings.action IS NOT NULL THEN coalesce(meanings.step, batch.payload ->> 'step') END
), news AS (
    SELECT
        stream_id, max(stream_version) AS stream_version, max(position) AS position, max(recorded_at) AS updated_at,
        max(position * 32 + turn) FILTER (WHERE turn NOT BETWEEN 12 AND 15) AS turn, max(position * 2 + ending) AS ending,
        max(position * 16 + turn) FILTER (WHERE turn BETWEEN 12 AND 15) AS asked,
        max(position) FILTER (WHERE turn = 12) AS asked_request,
        max(
            ARRAY[
                place,
                jsonb_build_object(
                    'number', payload -> 'number', 'plan', payload -> 'digest', 'rule', payload -> 'rule',
                    'expiresAt', payload -> 'expiresAt', 'requestedBy', payload -> 'requestedBy')::text])
        FILTER (WHERE turn = 12) AS awaiting,
        max(position) FILTER (WHERE turn = 1) AS request, min(recorded_at) FILTER (WHERE turn IN (1, 12)) AS created_at,
        max(
            ARRAY[
                place, payload #>> '{release,customer}', payload #>> '{release,customerName}', payload #>> '{release,name}',
                payload #>> '{release,environment}'])
        FILTER (WHERE turn IN (1, 12)) AS requested,
        max(position) FILTER (WHERE turn = 9) AS decommission, max(position) FILTER (WHERE turn = 8) AS retried,
        max(position) FILTER (WHERE turn = 17) AS resumed,
        max(recorded_at) FILTER (WHERE turn = 3) AS live_at,
        max(ARRAY[place, CASE turn WHEN 3 THEN payload ->> 'number' END]) FILTER (WHERE is_life) AS life,
        max(position) FILTER (WHERE is_begin) AS begun, max(position) FILTER (WHERE is_end) AS ended,
        max(recorded_at) FILTER (WHERE is_end) AS ended_at,
        max(ARRAY[place, payload ->> 'step', CASE WHEN ending IS NOT NULL OR turn = 16 THEN payload ->> 'reason' END])
        FILTER (WHERE is_reason) AS reason,
        max(ARRAY[place, CASE WHEN is_problem THEN format('%s: %s', payload ->> 'step', payload ->> 'reason') END])
        FILTER (WHERE is_problem OR is_relief) AS problem,
        max(ARRAY[place, payload ->> 'remaining']) FILTER (WHERE is_remains) AS remaining,
        max(ARRAY[place, CASE action WHEN 'undo' THEN payload ->> 'commit' END])
        FILTER (WHERE turn = 3 OR (step = 5 AND is_resource AND action = 'undo' AND payload ->> 'commit' IS NOT NULL))
            AS restored,
        max(ARRAY[place, payload ->> 'accessPoint', payload ->> 'fileSystem']) FILTER (WHERE step = 2 AND is_resource)
            AS access_point,
        max(ARRAY[place, payload ->> 'bucket']) FILTER (WHERE step = 3 AND is_resource) AS bucket,
        max(ARRAY[place, payload ->> 'target']) FILTER (WHERE step = 4 AND is_resource) AS name,
        max(ARRAY[place, payload ->> 'application', payload ->> 'project']) FILTER (WHERE step = 6 AND is_resource)
            AS application,
        max(position) FILTER (WHERE step = 5 AND is_resource) AS files,
        max(ARRAY[place, payload ->> 'commit', payload ->> 'repository', payload ->> 'folder'])
        FILTER (WHERE step = 5 AND is_resource AND action = 'do') AS committed,
        -- Where each step and its undoing stand: the place of the last fact times eight, and the state.
        max(mark) FILTER (WHERE step = 1 AND action = 'do') AS do_render,
        max(mark) FILTER (WHERE step = 2 AND action = 'do') AS do_access_point,
        max(mark) FILTER (WHERE step = 3 AND action = 'do') AS do_bucket,
        max(mark) FILTER (WHERE step = 4 AND action = 'do') AS do_name,
        max(mark) FILTER (WHERE step = 5 AND action = 'do') AS do_commit,
        max(mark) FILTER (WHERE step = 6 AND action = 'do') AS do_application,
        max(mark) FILTER (WHERE step = 7 AND action = 'do') AS do_sync,
        max(mark) FILTER (WHERE step = 8 AND action = 'do') AS do_health,
        max(mark) FILTER (WHERE step = 1 AND action = 'undo') AS undo_render,
        max(mark) FILTER (WHERE step = 2 AND action = 'undo') AS undo_access_point,
        max(mark) FILTER (WHERE step = 3 AND action = 'undo') AS undo_bucket,
        max(mark) FILTER (WHERE step = 4 AND action = 'undo') AS undo_name,
        max(mark) FILTER (WHERE step = 5 AND action = 'undo') AS undo_commit,
        max(mark) FILTER (WHERE step = 6 AND action = 'undo') AS undo_application,
        max(mark) FILTER (WHERE step = 7 AND action = 'undo') AS undo_sync,
        max(mark) FILTER (WHERE step = 8 AND action = 'undo') AS undo_health
    FROM facts
    GROUP BY stream_id
), rows AS (
    SELECT
        news.stream_id AS id, coalesce(kept.customer, news.requested[2]) AS customer,
        coalesce(news.requested[3], kept.customer_name) AS customer_name,
        coalesce(kept.name, news.requested[4]) AS name,
        coalesce(kept.environment, news.requested[5]) AS environment,
        coalesce(request.number, kept.release) AS release, coalesce(request.cause, kept.cause) AS cause,
        CASE WHEN request.number IS NULL THEN kept.of_release ELSE request.of_release END AS of_release,
        coalesce(request.size, kept.size) AS size, coalesce(request.cluster, kept.cluster) AS cluster,
        coalesce(request.template, kept.template) AS template,
        coalesce(request.template_version, kept.template_version) AS template_version,
        CASE WHEN request.number IS NULL THEN kept.domain ELSE request.domain END AS domain,
        coalesce(request.parameters, kept.parameters) AS parameters,
        coalesce(request.requested_by, kept.requested_by) AS requested_by,
        coalesce(request.requested_at, kept.requested_at) AS requested_at,
        coalesce(request.planned_steps, kept.planned_steps) AS planned_steps,
        coalesce(request.requested_position, kept.requested_position) AS requested_position,
        CASE WHEN news.life IS NULL THEN kept.live_release ELSE news.life[2]::bigint END AS live_release,
        CASE WHEN news.life IS NULL THEN kept.live_at WHEN news.life[2] IS NOT NULL THEN news.live_at END AS live_at,
        CASE
            WHEN news.request IS NOT NULL OR news.decommission IS NOT NULL THEN '{}'
            -- A release that is resumed forgets what did not succeed, by the news of each step, or as it was.
            WHEN news.resumed IS NOT NULL THEN coalesce(
                (
                    SELECT jsonb_object_agg(step.key, step.value)
                    FROM jsonb_each(kept.steps) AS step
                    WHERE
                        step.value NOT IN ('"failed"', '"abandoned"')
                        AND step.key <> ALL (array_remove(ARRAY[
                            CASE WHEN news.do_render IS NOT NULL THEN 'render' END,
                            CASE WHEN news.do_access_point IS NOT NULL THEN 'access_point' END,
                            CASE WHEN news.do_bucket IS NOT NULL THEN 'bucket' END,
                            CASE WHEN news.do_name IS NOT NULL THEN 'name' END,
                            CASE WHEN news.do_commit IS NOT NULL THEN 'commit' END,
                            CASE WHEN news.do_application IS NOT NULL THEN 'application' END,
                            CASE WHEN news.do_sync IS NOT NULL THEN 'sync' END,
                            CASE WHEN news.do_health IS NOT NULL THEN 'health' END], NULL))),
                '{}')
            ELSE coalesce(kept.steps, '{}') END
        || jsonb_strip_nulls(
            jsonb_object(
                '{render,access_point,bucket,name,commit,application,sync,health}',
                ARRAY[
                    CASE WHEN news.do_render > since.doing[news.do_render % 8]
                        THEN states.names[news.do_render % 8] END,
                    CASE WHEN news.do_access_point > since.doing[news.do_access_point % 8]
                        THEN states.names[news.do_access_point % 8] END,
                    CASE WHEN news.do_bucket > since.doing[news.do_bucket % 8]
                        THEN states.names[news.do_bucket % 8] END,
                    CASE WHEN news.do_name > since.doing[news.do_name % 8]
                        THEN states.names[news.do_name % 8] END,
                    CASE WHEN news.do_commit > since.doing[news.do_commit % 8]
                        THEN states.names[news.do_commit % 8] END,
                    CASE WHEN news.do_application > since.doing[news.do_application % 8]
                        THEN states.names[news.do_application % 8] END,
                    CASE WHEN news.do_sync > since.doing[news.do_sync % 8]
                        THEN states.names[news.do_sync % 8] END,
                    CASE WHEN news.do_health > since.doing[news.do_health % 8]
                        THEN states.names[news.do_health % 8] END]))
            AS steps,
        CASE
            WHEN news.request IS NOT NULL OR news.decommission IS NOT NULL THEN '{}'
            -- A retried compensation forgets what it did not achieve.
            WHEN news.retried IS NOT NULL THEN coalesce(
                (
                    SELECT jsonb_object_agg(undo.key, undo.value)
                    FROM jsonb_each(kept.undos) AS undo
                    WHERE undo.value = '"done"'),
                '{}')
            ELSE coalesce(kept.undos, '{}') END
        || CASE
            WHEN coalesce(
                news.undo_render, news.undo_access_point, news.undo_bucket, news.undo_name,
                news.undo_commit, news.undo_application, news.undo_sync, news.undo_health) IS NULL THEN '{}'
            ELSE jsonb_strip_nulls(
                jsonb_object(
                    '{render,access_point,bucket,name,commit,application,sync,health}',
                    ARRAY[
                        CASE WHEN news.undo_render > since.undo[news.undo_render % 8]
                            THEN states.names[news.undo_render % 8] END,
                        CASE WHEN news.undo_access_point > since.undo[news.undo_access_point % 8]
                            THEN states.names[news.undo_access_point % 8] END,
                        CASE WHEN news.undo_bucket > since.undo[news.undo_bucket % 8]
                            THEN states.names[news.undo_bucket % 8] END,
                        CASE WHEN news.undo_name > since.undo[news.undo_name % 8]
                            THEN states.names[news.undo_name % 8] END,
                        CASE WHEN news.undo_commit > since.undo[news.undo_commit % 8]
                            THEN states.names[news.undo_commit % 8] END,
                        CASE WHEN news.undo_application > since.undo[news.undo_application % 8]
                            THEN states.names[news.undo_application % 8] END,
                        CASE WHEN news.undo_sync > since.undo[news.undo_sync % 8]
                            THEN states.names[news.undo_sync % 8] END,
                        CASE WHEN news.undo_health > since.undo[news.undo_health % 8]
                            THEN states.names[news.undo_health % 8] END])) END
            AS undos,
        CASE
            WHEN coalesce(news.begun, news.ended) IS NULL THEN kept.ended_at
            WHEN news.ended > coalesce(news.begun, 0) THEN news.ended_at END AS ended_at,
        CASE WHEN news.reason IS NULL THEN kept.failed_step ELSE news.reason[2] END AS failed_step,
        CASE WHEN news.reason IS NULL THEN kept.reason ELSE news.reason[3] END AS reason,
        CASE WHEN news.problem IS NULL THEN kept.last_problem ELSE news.problem[2] END AS last_problem,
        CASE
            WHEN news.remaining IS NULL THEN kept.remaining
            WHEN news.remaining[2] IS NOT NULL THEN ARRAY(SELECT jsonb_array_elements_text(news.remaining[2]::jsonb)) END
            AS remaining,
        CASE WHEN news.access_point IS NULL THEN kept.access_point ELSE news.access_point[2] END AS access_point,
        CASE WHEN news.access_point IS NULL THEN kept.file_system ELSE news.access_point[3] END AS file_system,
        CASE WHEN news.bucket IS NULL THEN kept.bucket ELSE news.bucket[2] END AS bucket,
        CASE WHEN news.name IS NULL THEN kept.domain_target ELSE news.name[2] END AS domain_target,
        kept.commit AS kept_commit, news.committed[2] AS commit, news.files, news.committed[1]::bigint AS committed,
        coalesce(news.committed[3], kept.repository) AS repository, coalesce(news.committed[4], kept.folder) AS folder,
        CASE WHEN news.application IS NULL THEN kept.application ELSE news.application[2] END AS application,
        CASE WHEN news.application IS NULL THEN kept.application_project ELSE news.application[3] END
            AS application_project,
        coalesce(turns.types[news.turn % 32], kept.last_turn) AS last_turn,
        coalesce(news.asked, kept.last_asked) AS last_asked,
        CASE
            WHEN
                coalesce(news.asked, kept.last_asked) % 16 = 12
                AND coalesce(news.asked, kept.last_asked) / 16
                >= coalesce(request.requested_position, kept.requested_position)
                THEN coalesce(news.awaiting[2]::jsonb, kept.awaiting) END AS awaiting,
        coalesce(
            CASE news.ending % 2 WHEN 0 THEN 'deployment.failed' WHEN 1 THEN 'deployment.cancelled' END, kept.last_ending
        ) AS last_ending,
        CASE WHEN news.restored IS NULL THEN kept.restored_commit ELSE news.restored[2] END AS restored_commit,
        coalesce(news.decommission, kept.decommission_position) AS decommission_position,
        coalesce(kept.created_at, news.created_at) AS created_at, news.updated_at, news.stream_version, news.position
    FROM news
    -- Only marks above these count: what came before the latest beginning is over, and a retried compensation keeps only what was
    -- done, a resumed release what succeeded or runs. By the state of a step, and of an undoing.
    CROSS JOIN LATERAL (
        SELECT
            -- running, succeeded; failed, abandoned
            array_fill(coalesce(greatest(news.request, news.decommission), 0) * 8 + 7, ARRAY[2])
            || array_fill(coalesce(greatest(news.request, news.decommission, news.resumed), 0) * 8 + 7, ARRAY[2]) AS doing,
            array_append(
                array_fill(coalesce(greatest(news.request, news.decommission, news.retried), 0) * 8 + 7, ARRAY[4]),
                coalesce(greatest(news.request, news.decommission), 0) * 8 + 7) AS undo
    ) AS since
    CROSS JOIN (SELECT ARRAY['running', 'succeeded', 'failed', 'abandoned', 'done'] AS names) AS states
    CROSS JOIN (
        SELECT
            ARRAY[
                'deployment.requested', 'deployment.step_started', 'deployment.went_live', 'deployment.failed',
                'deployment.cancelled', 'deployment.compensated', 'deployment.compensation_incomplete',
                'deployment.compensation_retried', 'deployment.decommission_requested', 'deployment.decommissioned',
                NULL, NULL, NULL, NULL, NULL, 'deployment.held', 'deployment.resumed']
                AS types
    ) AS turns
    LEFT JOIN deployment_status AS kept ON kept.id = news.stream_id
    LEFT JOIN deployment_status_releases AS request
        ON request.deployment = news.stream_id
        -- Before any release was approved the last that was wanted stands for what the deployment is.
        AND request.requested_position
        = coalesce(news.request, CASE WHEN kept.last_turn IS NULL THEN news.asked_request END)
    WHERE news.request IS NOT NULL OR news.asked_request IS NOT NULL OR kept.id IS NOT NULL
)
INSERT INTO deployment_status (
    id, customer, customer_name, name, environment, release, cause, of_release, size, cluster, template, template_version,
    domain, parameters, requested_by, requested_at, planned_steps, requested_position, state, live_release,
    live_template_version, live_at, steps, undos, ended_at, failed_step, reason, last_problem, remaining, access_point,
    file_system, bucket, domain_target, commit, repository, folder, application, application_project, awaiting, last_turn,
    last_asked, last_ending, restored_commit, decommission_position, created_at, updated_at, stream_version, position)
SELECT
    rows.id, rows.customer, rows.customer_name, rows.name, rows.environment, rows.release, rows.cause, rows.of_release, rows.size,
    rows.cluster, rows.template, rows.template_version, rows.domain, rows.parameters, rows.requested_by, rows.requested_at,
    rows.planned_steps, rows.requested_position,
    -- The state follows from the last turn and what it was a turn of.
    CASE coalesce(CASE WHEN rows.awaiting IS NULL THEN rows.last_turn ELSE 'awaiting' END, 'never approved')
        WHEN 'awaiting' THEN 'awaiting_approval'
        WHEN 'never approved' THEN
            CASE rows.last_asked % 16
                WHEN 13 THEN 'rejected' WHEN 14 THEN 'approval_expired' ELSE 'approval_withdrawn' END
        WHEN 'deployment.requested' THEN 'requested'
        WHEN 'deployment.step_started' THEN 'provisioning'
        WHEN 'deployment.held' THEN 'held'
        WHEN 'deployment.resumed' THEN 'provisioning'
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
    rows.repository, rows.folder, rows.application, rows.application_project, rows.awaiting, rows.last_turn, rows.last_asked,
    rows.last_ending, rows.restored_commit, rows.decommission_position, rows.created_at, rows.updated_at, rows.stream_version, rows.position
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
    application_project = excluded.application_project, awaiting = excluded.awaiting, last_turn = excluded.last_turn,
    last_asked = excluded.last_asked, last_ending = excluded.last_ending,
    restored_commit = excluded.restored_commit, decommission_position = excluded.decommission_position,
    updated_at = excluded.updated_at, stream_version = excluded.stream_version, position = excluded.position;

-- What somebody else changed in the files, until they are written or taken away again.
UPDATE deployment_status
SET unexplained_change = news.change
FROM (
    SELECT DISTINCT ON (stream_id)
        stream_id,
        CASE type
            WHEN 'deployment.unexplained_change'
                THEN payload - ARRAY['number', 'repository']
                    || jsonb_build_object(
                        'noticedAt', to_char(recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')) END
            AS change
    FROM batch
    WHERE
        type IN ('deployment.unexplained_change', 'deployment.committed')
        OR (type = 'deployment.undone' AND payload ->> 'step' = 'commit')
    ORDER BY stream_id, position DESC
) AS news
WHERE
    deployment_status.id = news.stream_id
    AND deployment_status.unexplained_change IS DISTINCT FROM news.change;

-- The data that a decommission keeps until another release uses it, and when it is to go.
UPDATE deployment_status
SET
    kept_data = CASE
        WHEN news.kept IS NULL THEN deployment_status.kept_data
        WHEN news.kept[2] IS NOT NULL THEN ARRAY(SELECT jsonb_array_elements_text(news.kept[2]::jsonb)) END,
    data_removal = CASE
        WHEN news.removal IS NULL THEN deployment_status.data_removal ELSE news.removal[2]::jsonb END
FROM (
    SELECT
        stream_id,
        max(
            ARRAY[
                lpad(position::text, 19, '0'),
                CASE type WHEN 'deployment.decommissioned' THEN nullif(payload ->> 'kept', '[]') END])
        FILTER (WHERE type IN ('deployment.decommissioned', 'deployment.requested')) AS kept,
        max(
            ARRAY[
                lpad(position::text, 19, '0'),
                CASE type
                    WHEN 'deployment.data_removal_scheduled'
                        THEN (
                            payload - 'number'
                            || jsonb_build_object(
                                'decommission', payload -> 'number',
                                'scheduledAt', to_char(recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')))
                            ::text END])
        FILTER (WHERE type <> 'deployment.decommissioned' AND type <> 'deployment.requested') AS removal
    FROM batch
    WHERE
        type IN (
            'deployment.decommissioned', 'deployment.requested', 'deployment.data_removal_scheduled',
            'deployment.data_removal_withdrawn')
        OR (type = 'deployment.decommission_requested' AND payload ->> 'removeData' = 'true')
    GROUP BY stream_id
) AS news
WHERE
    deployment_status.id = news.stream_id
    AND (news.kept[2] IS NOT NULL OR news.removal IS NOT NULL OR deployment_status.kept_data IS NOT NULL);

-- What is wrong with what runs, until it is not any more, or all of it goes.
UPDATE deployment_status
SET
    degraded = CASE WHEN news.of_health IS NULL THEN deployment_status.degraded ELSE news.degraded END,
    drifted = CASE WHEN news.of_sync IS NULL THEN deployment_status.drifted ELSE news.drifted END
FROM (
    SELECT
        batch.stream_id, last.of_health, last.of_sync,
        max((payload - 'number')::text) FILTER (WHERE type = 'deployment.became_degraded' AND position = last.of_health)::jsonb
            AS degraded,
        max((payload - 'number')::text) FILTER (WHERE type = 'deployment.drifted' AND position = last.of_sync)::jsonb
            AS drifted
    FROM batch
    INNER JOIN (
        SELECT
            stream_id,
            max(position) FILTER (WHERE type NOT IN ('deployment.drifted', 'deployment.reconciled')) AS of_health,
            max(position) FILTER (WHERE type NOT IN ('deployment.became_degraded', 'deployment.recovered')) AS of_sync
        FROM batch
        WHERE
            type IN (
                'deployment.became_degraded', 'deployment.recovered', 'deployment.drifted', 'deployment.reconciled',
                'deployment.decommission_requested')
        GROUP BY stream_id
    ) AS last ON last.stream_id = batch.stream_id
    WHERE batch.position IN (last.of_health, last.of_sync)
    GROUP BY batch.stream_id, last.of_health, last.of_sync
) AS news
WHERE deployment_status.id = news.stream_id;
