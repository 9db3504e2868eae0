-- Folds the batch into approvals_waiting. A version is submitted once and decided at most once after that, so whatever is
-- submitted is put in first and whatever is decided is taken out after it.
INSERT INTO approvals_waiting_versions (template, version, files, submitted_position)
SELECT stream_id, payload ->> 'version', payload -> 'files', position
FROM batch
WHERE type = 'template.submitted';

UPDATE approvals_waiting_versions
SET
    approved_by = approval.payload ->> 'approvedBy', approved_at = approval.recorded_at,
    approved_position = approval.position
FROM batch AS approval
WHERE
    approval.type = 'template.approved'
    AND approvals_waiting_versions.template = approval.stream_id
    AND approvals_waiting_versions.version = approval.payload ->> 'version';

-- A rejected version is nothing that a later one could follow.
DELETE FROM approvals_waiting_versions
USING batch AS rejection
WHERE
    rejection.type = 'template.rejected'
    AND approvals_waiting_versions.template = rejection.stream_id
    AND approvals_waiting_versions.version = rejection.payload ->> 'version';

INSERT INTO approvals_waiting (
    kind, subject, template, version, title, description, digest, requested_by, requested_at, requested_position,
    stream_version, position)
SELECT
    'template_version', stream_id || '@' || (payload ->> 'version'), stream_id, payload ->> 'version',
    payload ->> 'title', payload ->> 'description', payload ->> 'digest', payload ->> 'submittedBy', recorded_at,
    position, stream_version, position
FROM batch
WHERE type = 'template.submitted';

DELETE FROM approvals_waiting
USING batch AS decision
WHERE
    decision.type IN ('template.approved', 'template.rejected')
    AND approvals_waiting.kind = 'template_version'
    AND approvals_waiting.subject = decision.stream_id || '@' || (decision.payload ->> 'version');

-- A release waits at most once at a time, and only the last that was asked for can wait still.
DELETE FROM approvals_waiting
USING batch AS decision
WHERE
    decision.type IN (
        'deployment.approved', 'deployment.rejected', 'deployment.approval_expired', 'deployment.approval_withdrawn')
    AND approvals_waiting.kind = 'deployment'
    AND approvals_waiting.subject = decision.stream_id;

INSERT INTO approvals_waiting (
    kind, subject, template, version, title, description, digest, release, customer, environment, cluster, rule, expires_at,
    requested_by, requested_at, requested_position, stream_version, position)
SELECT
    'deployment', request.stream_id, request.payload #>> '{release,template}', request.payload #>> '{release,templateVersion}',
    format('%s in %s', request.payload #>> '{release,name}', request.payload #>> '{release,environment}'),
    format('%s of %s', request.payload ->> 'cause', request.payload #>> '{release,customerName}'),
    request.payload ->> 'digest', (request.payload ->> 'number')::bigint, request.payload #>> '{release,customer}',
    request.payload #>> '{release,environment}', request.payload #>> '{release,cluster}', request.payload ->> 'rule',
    (request.payload ->> 'expiresAt')::timestamptz, request.payload ->> 'requestedBy', request.recorded_at,
    request.position, request.stream_version, request.position
FROM batch AS request
WHERE
    request.type = 'deployment.approval_requested'
    AND NOT EXISTS (
        SELECT
        FROM batch AS decision
        WHERE
            decision.stream_id = request.stream_id
            AND decision.position > request.position
            AND decision.type IN (
                'deployment.approved', 'deployment.rejected', 'deployment.approval_expired',
                'deployment.approval_withdrawn'));
