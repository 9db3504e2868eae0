-- How the circuits are at a time, with how many effects wait and are under way. Parameters: now (NULL: the database's).
SELECT
    c.circuit, c.system,
    c.state, c.failures, c.reason, c.changed_at,
    CASE WHEN c.state = 'open' THEN c.probe_at END AS probe_at,
    CASE WHEN c.throttled_until > coalesce($1::timestamptz, statement_timestamp()) THEN c.throttled_until END AS throttled_until,
    e.waiting, e.working
FROM
    effect_circuits AS c
    CROSS JOIN LATERAL (
        SELECT
            count(*) FILTER (WHERE e.lease_until IS NULL OR e.lease_until <= coalesce($1::timestamptz, statement_timestamp())) AS waiting,
            count(*) FILTER (WHERE e.lease_until > coalesce($1::timestamptz, statement_timestamp())) AS working
        FROM effects AS e
        WHERE e.circuit = c.circuit AND e.ended_at IS NULL AND e.due_at <= coalesce($1::timestamptz, statement_timestamp())) AS e
ORDER BY c.circuit
