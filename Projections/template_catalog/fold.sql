-- Folds the batch into template_catalog. A version is submitted once; each later fact has columns of its own.
INSERT INTO template_catalog (
    template, version, standing, title, description, digest, definition, file_paths, submitted_by, submitted_at,
    submitted_position, updated_at, stream_version, position)
SELECT
    stream_id, payload ->> 'version', 'waiting', payload ->> 'title', payload ->> 'description', payload ->> 'digest',
    payload -> 'files' ->> 'template.yaml',
    ARRAY(SELECT path FROM jsonb_object_keys(payload -> 'files') AS path ORDER BY path COLLATE "C"),
    payload ->> 'submittedBy', recorded_at, position, recorded_at, stream_version, position
FROM batch
WHERE type = 'template.submitted';

UPDATE template_catalog
SET approved_by = approval.payload ->> 'approvedBy', approved_at = approval.recorded_at
FROM batch AS approval
WHERE
    approval.type = 'template.approved'
    AND template_catalog.template = approval.stream_id
    AND template_catalog.version = approval.payload ->> 'version';

UPDATE template_catalog
SET
    rejected_by = rejection.payload ->> 'rejectedBy', rejected_at = rejection.recorded_at,
    rejection_reason = rejection.payload ->> 'reason'
FROM batch AS rejection
WHERE
    rejection.type = 'template.rejected'
    AND template_catalog.template = rejection.stream_id
    AND template_catalog.version = rejection.payload ->> 'version';

UPDATE template_catalog
SET
    deprecated_by = deprecation.metadata ->> 'actor', deprecated_at = deprecation.recorded_at,
    deprecation_reason = deprecation.payload ->> 'reason'
FROM batch AS deprecation
WHERE
    deprecation.type = 'template.deprecated'
    AND template_catalog.template = deprecation.stream_id
    AND template_catalog.version = deprecation.payload ->> 'version';

UPDATE template_catalog
SET
    standing = CASE latest.type
        WHEN 'template.approved' THEN 'approved' WHEN 'template.rejected' THEN 'rejected'
        WHEN 'template.deprecated' THEN 'deprecated' ELSE 'waiting' END,
    updated_at = latest.recorded_at, stream_version = latest.stream_version, position = latest.position
FROM (
    SELECT DISTINCT ON (stream_id, payload ->> 'version')
        stream_id, payload ->> 'version' AS version, type, stream_version, position, recorded_at
    FROM batch
    ORDER BY stream_id, payload ->> 'version', position DESC
) AS latest
WHERE template_catalog.template = latest.stream_id AND template_catalog.version = latest.version;
