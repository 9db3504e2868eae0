-- Folds the batch into clusters. A cluster is registered once; then the last fact about its standing wins.
INSERT INTO clusters (
    id, state, destination, region, file_system, hosted_zone, zone_domain, ingress_hostname, labels, registered_by,
    registered_at, updated_at, stream_version, position)
SELECT
    stream_id, 'open', payload ->> 'destination', payload ->> 'region', payload ->> 'fileSystem',
    payload ->> 'hostedZone', payload ->> 'zoneDomain', payload ->> 'ingressHostname',
    coalesce(payload -> 'labels', '{}'), metadata ->> 'actor', recorded_at, recorded_at, stream_version, position
FROM batch
WHERE type = 'cluster.registered';

UPDATE clusters
SET
    state = CASE latest.type
        WHEN 'cluster.cordoned' THEN 'cordoned' WHEN 'cluster.retired' THEN 'retired' ELSE 'open' END,
    reason = latest.reason, updated_at = latest.recorded_at, stream_version = latest.stream_version,
    position = latest.position
FROM (
    SELECT DISTINCT ON (stream_id)
        stream_id, type, payload ->> 'reason' AS reason, stream_version, position, recorded_at
    FROM batch
    WHERE type IN ('cluster.cordoned', 'cluster.uncordoned', 'cluster.retired')
    ORDER BY stream_id, position DESC
) AS latest
WHERE clusters.id = latest.stream_id;
