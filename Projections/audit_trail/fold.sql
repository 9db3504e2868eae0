-- Folds the batch into audit_trail: a row per event, also of types that have no words here yet.
INSERT INTO audit_trail (
    position, recorded_at, actor, actor_name, roles, action, category, object, customer, deployment, release, summary,
    correlation, causation, source, event_id, stream_version)
SELECT
    position, recorded_at, metadata ->> 'actor', metadata ->> 'actorName',
    ARRAY(SELECT jsonb_array_elements_text(coalesce(metadata -> 'roles', '[]'))),
    type, stream_category, stream_id,
    -- A customer's id has no hyphen, so it ends at the first one of a deployment's id.
    CASE stream_category
        WHEN 'customer' THEN stream_id
        WHEN 'deployment' THEN split_part(stream_id, '-', 1)
        WHEN 'domainname' THEN split_part(payload ->> 'deployment', '-', 1)
        WHEN 'orphan' THEN split_part(payload ->> 'deployment', '-', 1)
        WHEN 'subject' THEN substring(payload ->> 'subject' FROM '^customer:(.*)$') END,
    CASE stream_category
        WHEN 'deployment' THEN stream_id
        WHEN 'domainname' THEN payload ->> 'deployment'
        WHEN 'orphan' THEN payload ->> 'deployment' END,
    CASE stream_category WHEN 'deployment' THEN (payload ->> 'number')::bigint END,
    CASE type
        WHEN 'customer.created' THEN format('customer %s was created as “%s”', stream_id, payload ->> 'name')
        WHEN 'customer.details_changed' THEN format('the details of customer %s changed', stream_id)
        WHEN 'customer.routed' THEN format('customer %s is routed to cluster %s', stream_id, payload ->> 'cluster')
        WHEN 'customer.suspended' THEN format('customer %s was suspended: %s', stream_id, payload ->> 'reason')
        WHEN 'customer.reinstated' THEN format('customer %s may deploy again', stream_id)
        WHEN 'customer.removed' THEN format('customer %s was removed: %s', stream_id, payload ->> 'reason')

        WHEN 'cluster.registered' THEN
            format('cluster %s was registered in %s', stream_id, payload ->> 'region')
        WHEN 'cluster.cordoned' THEN
            format('cluster %s takes no new deployments: %s', stream_id, payload ->> 'reason')
        WHEN 'cluster.uncordoned' THEN format('cluster %s takes new deployments again', stream_id)
        WHEN 'cluster.retired' THEN format('cluster %s was retired: %s', stream_id, payload ->> 'reason')

        WHEN 'template.submitted' THEN format('template %s %s was submitted', stream_id, payload ->> 'version')
        WHEN 'template.approved' THEN format('template %s %s was approved', stream_id, payload ->> 'version')
        WHEN 'template.rejected' THEN
            format('template %s %s was rejected: %s', stream_id, payload ->> 'version', payload ->> 'reason')
        WHEN 'template.deprecated' THEN
            format('template %s %s was deprecated: %s', stream_id, payload ->> 'version', payload ->> 'reason')

        WHEN 'domain_name.claimed' THEN format('%s belongs to %s', stream_id, payload ->> 'deployment')
        WHEN 'domain_name.released' THEN format('%s was released by %s', stream_id, payload ->> 'deployment')

        WHEN 'orphan.removal_requested' THEN
            format(
                '%s in %s, which no deployment wants, is to be removed: %s', stream_id, payload ->> 'container',
                payload ->> 'reason')
        WHEN 'orphan.removed' THEN format('%s is gone: %s', stream_id, payload ->> 'evidence')

        WHEN 'subject.forgotten' THEN
            format('the personal data of %s was erased: %s', payload ->> 'subject', payload ->> 'reason')

        WHEN 'deployment.requested' THEN
            CASE payload ->> 'cause'
                WHEN 'rollback' THEN format(
                    'release %s of %s was requested: back to release %s', payload ->> 'number', stream_id,
                    payload ->> 'of')
                WHEN 'retry' THEN format(
                    'release %s of %s was requested: release %s once more', payload ->> 'number', stream_id,
                    payload ->> 'of')
                ELSE format(
                    'release %s of %s was requested: %s %s, %s', payload ->> 'number', stream_id,
                    payload -> 'release' ->> 'template', payload -> 'release' ->> 'templateVersion',
                    payload -> 'release' ->> 'size') END
        WHEN 'deployment.step_started' THEN format('%s began', payload ->> 'step')
        WHEN 'deployment.attempt_failed' THEN
            format('%s did not succeed (attempt %s): %s', payload ->> 'step', payload ->> 'attempt', payload ->> 'reason')
        WHEN 'deployment.rendered' THEN format('%s files were rendered', jsonb_array_length(payload -> 'files'))
        WHEN 'deployment.access_point_provisioned' THEN
            format(
                'access point %s on %s %s', payload ->> 'accessPoint', payload ->> 'fileSystem',
                CASE payload ->> 'wasAdopted' WHEN 'true' THEN 'was found' ELSE 'was made' END)
        WHEN 'deployment.bucket_provisioned' THEN
            format(
                'bucket %s %s', payload ->> 'bucket',
                CASE payload ->> 'wasAdopted' WHEN 'true' THEN 'was found' ELSE 'was made' END)
        WHEN 'deployment.name_provisioned' THEN format('%s leads to %s', payload ->> 'name', payload ->> 'target')
        WHEN 'deployment.committed' THEN
            format('%s declares it at commit %s', payload ->> 'repository', left(payload ->> 'commit', 12))
        WHEN 'deployment.application_declared' THEN
            format('Argo CD knows application %s in project %s', payload ->> 'application', payload ->> 'project')
        WHEN 'deployment.synced' THEN format('the cluster has commit %s', left(payload ->> 'revision', 12))
        WHEN 'deployment.became_healthy' THEN
            format('the application has been healthy for %s s', payload ->> 'stableSeconds')
        WHEN 'deployment.step_failed' THEN
            format('%s failed at attempt %s: %s', payload ->> 'step', payload ->> 'attempts', payload ->> 'reason')
        WHEN 'deployment.step_abandoned' THEN format('%s was given up unfinished', payload ->> 'step')
        WHEN 'deployment.went_live' THEN format('release %s of %s is live', payload ->> 'number', stream_id)
        WHEN 'deployment.failed' THEN
            format('release %s of %s failed: %s', payload ->> 'number', stream_id, payload ->> 'reason')
        WHEN 'deployment.approval_requested' THEN
            format(
                'release %s of %s waits for approval (%s)', payload ->> 'number', stream_id, payload ->> 'rule')
        WHEN 'deployment.approved' THEN
            format('release %s of %s was approved: %s', payload ->> 'number', stream_id, payload ->> 'reason')
        WHEN 'deployment.rejected' THEN
            format('release %s of %s was rejected: %s', payload ->> 'number', stream_id, payload ->> 'reason')
        WHEN 'deployment.approval_expired' THEN
            format('nobody approved release %s of %s in time', payload ->> 'number', stream_id)
        WHEN 'deployment.approval_withdrawn' THEN
            format(
                'release %s of %s was withdrawn before it was approved: %s', payload ->> 'number', stream_id,
                payload ->> 'reason')
        WHEN 'deployment.cancelled' THEN
            format('release %s of %s was cancelled: %s', payload ->> 'number', stream_id, payload ->> 'reason')
        WHEN 'deployment.undo_started' THEN format('taking back %s began', payload ->> 'step')
        WHEN 'deployment.undo_attempt_failed' THEN
            format(
                'taking back %s did not succeed (attempt %s): %s', payload ->> 'step', payload ->> 'attempt',
                payload ->> 'reason')
        WHEN 'deployment.undone' THEN format('%s was taken back: %s', payload ->> 'step', payload ->> 'evidence')
        WHEN 'deployment.undo_failed' THEN
            format(
                'taking back %s failed at attempt %s: %s', payload ->> 'step', payload ->> 'attempts',
                payload ->> 'reason')
        WHEN 'deployment.held' THEN
            format(
                'release %s of %s failed and keeps what it made: %s', payload ->> 'number', stream_id, payload ->> 'reason')
        WHEN 'deployment.resumed' THEN
            format('release %s of %s goes on where it failed', payload ->> 'number', stream_id)
        WHEN 'deployment.superseded' THEN
            format('release %s of %s gave way to release %s', payload ->> 'number', stream_id, payload ->> 'by')
        WHEN 'deployment.compensated' THEN
            format('everything that release %s of %s made was taken back', payload ->> 'number', stream_id)
        WHEN 'deployment.compensation_incomplete' THEN
            format(
                'of %s there remain: %s', stream_id,
                (SELECT string_agg(step, ', ') FROM jsonb_array_elements_text(payload -> 'remaining') AS step))
        WHEN 'deployment.compensation_retried' THEN
            format('what remains of %s is to be taken back once more', stream_id)
        WHEN 'deployment.decommission_requested' THEN
            format(
                '%s is to be decommissioned, its data %s: %s', stream_id,
                CASE payload ->> 'removeData' WHEN 'true' THEN 'removed' ELSE 'kept' END, payload ->> 'reason')
        WHEN 'deployment.data_removal_scheduled' THEN
            format(
                'the data of %s (%s) is to be removed at %s: %s', stream_id,
                (SELECT string_agg(step, ', ') FROM jsonb_array_elements_text(payload -> 'data') AS step),
                payload ->> 'removesAt', payload ->> 'reason')
        WHEN 'deployment.data_removal_withdrawn' THEN
            format('the data of %s is kept after all: %s', stream_id, payload ->> 'reason')
        WHEN 'deployment.unexplained_change' THEN
            format(
                'commit %s changed %s files of %s, and is not ours', left(payload ->> 'commit', 12),
                jsonb_array_length(payload -> 'files') + (payload ->> 'moreFiles')::bigint, stream_id)
        WHEN 'deployment.became_degraded' THEN
            format(
                '%s is not well since %s: %s', stream_id, left(payload ->> 'since', 19) || 'Z',
                concat_ws(': ', payload ->> 'resource', coalesce(nullif(payload ->> 'message', ''), payload ->> 'status')))
        WHEN 'deployment.recovered' THEN
            format(
                CASE payload ->> 'by' WHEN 'release' THEN '%s is well again, by release %s' ELSE '%s is well again' END,
                stream_id, payload ->> 'number')
        WHEN 'deployment.drifted' THEN
            format(
                'what runs of %s is not what Git declares since %s: %s', stream_id, left(payload ->> 'since', 19) || 'Z',
                concat_ws(
                    ' and ',
                    (SELECT string_agg(resource, ', ') FROM jsonb_array_elements_text(payload -> 'resources') AS resource),
                    nullif(payload ->> 'moreResources', '0') || ' more'))
        WHEN 'deployment.reconciled' THEN
            format(
                CASE payload ->> 'by'
                    WHEN 'release' THEN 'what runs of %s is what Git declares again, by release %s'
                    ELSE 'what runs of %s is what Git declares again' END,
                stream_id, payload ->> 'number')
        WHEN 'deployment.intervened' THEN
            format(
                '%s: an administrator chose to %s %s: %s', stream_id, payload ->> 'action',
                concat_ws(' ', payload ->> 'work', payload ->> 'step'), payload ->> 'reason')
        WHEN 'deployment.decommissioned' THEN format('%s was decommissioned', stream_id)
        WHEN 'deployment.resource_adopted' THEN
            format(
                '%s %s in %s was put on record: %s', payload ->> 'kind', payload ->> 'identity', payload ->> 'container',
                payload ->> 'reason')
        ELSE format('%s: %s', stream_id, type)
    END,
    metadata ->> 'correlationID', metadata ->> 'causationID', metadata ->> 'source', event_id::text, stream_version
FROM batch;
