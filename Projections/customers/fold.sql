-- Folds the batch into customers. A stream is created once, so what is new is inserted; then the last fact of each kind wins.
INSERT INTO customers (
    id, name, contact_name, contact_email, tier, state, created_by, created_at, updated_at, stream_version, position)
SELECT
    stream_id, payload ->> 'name', payload ->> 'contactName', payload ->> 'contactEmail', payload ->> 'tier', 'active',
    metadata ->> 'actor', recorded_at, recorded_at, stream_version, position
FROM batch
WHERE type = 'customer.created';

UPDATE customers
SET name = details.name, contact_name = details.contact_name, contact_email = details.contact_email, tier = details.tier
FROM (
    SELECT DISTINCT ON (stream_id)
        stream_id, payload ->> 'name' AS name, payload ->> 'contactName' AS contact_name,
        payload ->> 'contactEmail' AS contact_email, payload ->> 'tier' AS tier
    FROM batch
    WHERE type = 'customer.details_changed'
    ORDER BY stream_id, position DESC
) AS details
WHERE customers.id = details.stream_id;

UPDATE customers
SET cluster = route.cluster
FROM (
    SELECT DISTINCT ON (stream_id) stream_id, payload ->> 'cluster' AS cluster
    FROM batch
    WHERE type = 'customer.routed'
    ORDER BY stream_id, position DESC
) AS route
WHERE customers.id = route.stream_id;

UPDATE customers
SET
    state = CASE standing.type
        WHEN 'customer.suspended' THEN 'suspended' WHEN 'customer.removed' THEN 'removed' ELSE 'active' END,
    reason = standing.reason
FROM (
    SELECT DISTINCT ON (stream_id) stream_id, type, payload ->> 'reason' AS reason
    FROM batch
    WHERE type IN ('customer.suspended', 'customer.reinstated', 'customer.removed')
    ORDER BY stream_id, position DESC
) AS standing
WHERE customers.id = standing.stream_id;

UPDATE customers
SET updated_at = latest.recorded_at, stream_version = latest.stream_version, position = latest.position
FROM (
    SELECT DISTINCT ON (stream_id) stream_id, stream_version, position, recorded_at
    FROM batch
    ORDER BY stream_id, position DESC
) AS latest
WHERE customers.id = latest.stream_id;
