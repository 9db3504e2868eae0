-- deployment_status by hand, for a history in which every deployment's first release goes live and nothing else happens.
INSERT INTO deployment_status_releases (
    deployment, number, cause, size, cluster, template, template_version, domain, parameters, requested_by, requested_at,
    planned_steps, outcome, outcome_at, commit, requested_position, position)
SELECT
    stream_id, (requested ->> 'number')::bigint, requested ->> 'cause', release ->> 'size', release ->> 'cluster',
    release ->> 'template', release ->> 'templateVersion', release ->> 'domain', release -> 'parameters',
    requested ->> 'requestedBy', requested_at,
    ARRAY['render', 'access_point', 'bucket', 'name', 'commit', 'application', 'sync', 'health'], 'live', live_at, commit,
    requested_position, live_position
FROM (
    SELECT
        stream_id,
        (array_agg(payload) FILTER (WHERE type = 'deployment.requested'))[1] AS requested,
        (array_agg(payload -> 'release') FILTER (WHERE type = 'deployment.requested'))[1] AS release,
        max(recorded_at) FILTER (WHERE type = 'deployment.requested') AS requested_at,
        max(position) FILTER (WHERE type = 'deployment.requested') AS requested_position,
        max(payload ->> 'commit') FILTER (WHERE type = 'deployment.committed') AS commit,
        max(recorded_at) FILTER (WHERE type = 'deployment.went_live') AS live_at,
        max(position) FILTER (WHERE type = 'deployment.went_live') AS live_position
    FROM public.events
    WHERE stream_category = 'deployment'
    GROUP BY stream_id
) AS facts;

INSERT INTO deployment_status (
    id, customer, customer_name, name, environment, release, cause, size, cluster, template, template_version, domain,
    parameters, requested_by, requested_at, planned_steps, requested_position, state, live_release, live_template_version,
    live_at, steps, ended_at, access_point, file_system, bucket, domain_target, commit, repository, folder, application,
    application_project, last_turn, created_at, updated_at, stream_version, position)
SELECT
    stream_id, release ->> 'customer', release ->> 'customerName', release ->> 'name', release ->> 'environment', number,
    'first', release ->> 'size', release ->> 'cluster', release ->> 'template', release ->> 'templateVersion',
    release ->> 'domain', release -> 'parameters', requested_by, created_at,
    ARRAY['render', 'access_point', 'bucket', 'name', 'commit', 'application', 'sync', 'health'], requested_position, 'live',
    number, release ->> 'templateVersion', updated_at,
    '{"name": "succeeded", "sync": "succeeded", "bucket": "succeeded", "commit": "succeeded", "health": "succeeded", "render": "succeeded", "access_point": "succeeded", "application": "succeeded"}',
    updated_at, access_point ->> 'accessPoint', access_point ->> 'fileSystem', bucket, domain_target, committed ->> 'commit',
    committed ->> 'repository', committed ->> 'folder', application ->> 'application', application ->> 'project',
    'deployment.went_live', created_at, updated_at, version, position
FROM (
    SELECT
        stream_id,
        (array_agg(payload -> 'release') FILTER (WHERE type = 'deployment.requested'))[1] AS release,
        max((payload ->> 'number')::bigint) AS number,
        max(payload ->> 'requestedBy') AS requested_by,
        min(recorded_at) AS created_at, max(recorded_at) AS updated_at,
        min(position) AS requested_position, max(position) AS position, max(stream_version) AS version,
        (array_agg(payload) FILTER (WHERE type = 'deployment.access_point_provisioned'))[1] AS access_point,
        max(payload ->> 'bucket') FILTER (WHERE type = 'deployment.bucket_provisioned') AS bucket,
        max(payload ->> 'target') FILTER (WHERE type = 'deployment.name_provisioned') AS domain_target,
        (array_agg(payload) FILTER (WHERE type = 'deployment.committed'))[1] AS committed,
        (array_agg(payload) FILTER (WHERE type = 'deployment.application_declared'))[1] AS application
    FROM public.events
    WHERE stream_category = 'deployment'
    GROUP BY stream_id
) AS facts;
