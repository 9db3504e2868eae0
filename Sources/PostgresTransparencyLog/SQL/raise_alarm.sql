-- Says why nothing is signed any more. Parameters: kind, position, detail.
INSERT INTO audit_alarms (kind, position, detail, raised_at)
VALUES ($1, $2::bigint, $3, clock_timestamp())
ON CONFLICT ON CONSTRAINT alarm_is_one DO UPDATE
SET kind = excluded.kind, position = excluded.position, detail = excluded.detail, raised_at = excluded.raised_at
WHERE (audit_alarms.kind, audit_alarms.position, audit_alarms.detail)
    IS DISTINCT FROM (excluded.kind, excluded.position, excluded.detail)
