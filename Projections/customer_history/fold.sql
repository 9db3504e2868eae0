-- Folds the batch into customer_history: requests first, for what follows from them tells how long it took.
INSERT INTO customer_history_requests (deployment, number, software, requested_at)
SELECT
    stream_id, (payload ->> 'number')::bigint,
    (payload -> 'release' ->> 'template') || ' ' || (payload -> 'release' ->> 'templateVersion'), recorded_at
FROM batch
WHERE type IN ('deployment.requested', 'deployment.decommission_requested');

INSERT INTO customer_history (
    position, recorded_at, customer, kind, milestone, deployment, release, summary, seconds, actor, stream_version)
SELECT
    position, recorded_at, customer, kind, split_part(type, '.', 2), deployment,
    CASE kind WHEN 'release' THEN number END,
    CASE type
        WHEN 'customer.created' THEN format('became a customer as “%s”', payload ->> 'name')
        WHEN 'customer.details_changed' THEN
            format('the name or the contact changed; the name is “%s”', payload ->> 'name')
        WHEN 'customer.routed' THEN format('new deployments go to cluster %s', payload ->> 'cluster')
        WHEN 'customer.suspended' THEN format('may not deploy any more: %s', payload ->> 'reason')
        WHEN 'customer.reinstated' THEN 'may deploy again'
        WHEN 'customer.removed' THEN format('is no customer any more: %s', payload ->> 'reason')
        WHEN 'subject.forgotten' THEN format('the personal data was erased: %s', payload ->> 'reason')

        WHEN 'deployment.requested' THEN
            format('release %s of %s was requested: %s, %s', number, deployment, software, payload -> 'release' ->> 'size')
            || CASE payload ->> 'cause'
                WHEN 'rollback' THEN format(' (back to release %s)', payload ->> 'of')
                WHEN 'retry' THEN format(' (release %s once more)', payload ->> 'of')
                ELSE '' END
        WHEN 'deployment.went_live' THEN format('release %s of %s is live: %s', number, deployment, software)
        WHEN 'deployment.became_degraded' THEN
            format(
                '%s is not well: %s', deployment,
                concat_ws(': ', payload ->> 'resource', coalesce(nullif(payload ->> 'message', ''), payload ->> 'status')))
        WHEN 'deployment.recovered' THEN format('%s is well again', deployment)
        WHEN 'deployment.failed' THEN
            format('release %s of %s failed: %s', number, deployment, payload ->> 'reason')
        WHEN 'deployment.cancelled' THEN
            format('release %s of %s was cancelled: %s', number, deployment, payload ->> 'reason')
        WHEN 'deployment.compensation_incomplete' THEN
            format(
                'something of %s that had to go is still there: %s', deployment,
                (SELECT string_agg(step, ', ') FROM jsonb_array_elements_text(payload -> 'remaining') AS step))
        WHEN 'deployment.decommission_requested' THEN
            format(
                '%s is to be decommissioned, its data %s: %s', deployment,
                CASE payload ->> 'removeData' WHEN 'true' THEN 'removed' ELSE 'kept' END, payload ->> 'reason')
        WHEN 'deployment.decommissioned' THEN format('%s was decommissioned', deployment)
        WHEN 'deployment.data_removal_scheduled' THEN
            format('the data of %s is to be removed at %s: %s', deployment, payload ->> 'removesAt', payload ->> 'reason')
        WHEN 'deployment.data_removal_withdrawn' THEN
            format('the data of %s is kept after all: %s', deployment, payload ->> 'reason')

        WHEN 'domain_name.claimed' THEN format('%s belongs to %s', stream_id, deployment)
        WHEN 'domain_name.released' THEN format('%s does not belong to %s any more', stream_id, deployment)
    END,
    CASE
        WHEN type IN (
            'deployment.went_live', 'deployment.failed', 'deployment.cancelled', 'deployment.compensation_incomplete',
            'deployment.decommissioned')
            THEN extract(epoch FROM recorded_at - requested_at)::double precision END,
    actor, stream_version
FROM (
    SELECT
        batch.position, batch.recorded_at, batch.type, batch.payload, batch.stream_id, batch.stream_version,
        batch.metadata ->> 'actor' AS actor, owners.deployment, requests.number, requests.software,
        requests.requested_at,
        -- A customer's id has no hyphen, so it ends at the first one of a deployment's id.
        CASE batch.stream_category
            WHEN 'customer' THEN batch.stream_id
            WHEN 'subject' THEN substring(batch.payload ->> 'subject' FROM '^customer:(.*)$')
            ELSE split_part(owners.deployment, '-', 1) END AS customer,
        CASE
            WHEN batch.stream_category IN ('customer', 'subject') THEN 'customer'
            WHEN batch.stream_category = 'domainname' THEN 'name'
            WHEN requests.software IS NULL THEN 'decommission'
            ELSE 'release' END AS kind
    FROM batch
    CROSS JOIN LATERAL (
        SELECT
            CASE batch.stream_category
                WHEN 'deployment' THEN batch.stream_id
                WHEN 'domainname' THEN batch.payload ->> 'deployment' END AS deployment
    ) AS owners
    LEFT JOIN customer_history_requests AS requests
        ON batch.stream_category = 'deployment' AND requests.deployment = batch.stream_id
        AND requests.number = (batch.payload ->> 'number')::bigint
) AS milestones
-- Other people's data is erased as well.
WHERE customer IS NOT NULL;
