-- Rows of the to-do list as operators see them. Parameters: now (NULL: the database's), id, category, stream id, system, customer, state (NULL each: any), whether
-- ended ones too, limit.
WITH rows AS (
    SELECT
        e.*,
        CASE
            WHEN e.ended_at IS NOT NULL THEN 'ended'
            WHEN e.lease_until > coalesce($1::timestamptz, statement_timestamp()) THEN 'working'
            WHEN e.is_parked THEN 'parked'
            WHEN e.due_at > coalesce($1::timestamptz, statement_timestamp()) THEN 'scheduled'
            WHEN
                NOT e.passes_circuit
                AND (
                    c.throttled_until > coalesce($1::timestamptz, statement_timestamp()) OR (c.state = 'open' AND c.probe_at > coalesce($1::timestamptz, statement_timestamp()))
                    OR (c.state = 'half_open' AND c.probe_until > coalesce($1::timestamptz, statement_timestamp())))
            THEN 'held'
            ELSE 'due'
        END AS state
    FROM effects AS e LEFT JOIN effect_circuits AS c ON c.circuit = e.circuit
    WHERE
        ($2::text IS NULL OR e.effect_id = $2) AND ($3::text IS NULL OR (e.stream_category = $3 AND e.stream_id = $4))
        AND ($5::text IS NULL OR e.system = $5) AND ($6::text IS NULL OR e.customer = $6)
        AND (e.ended_at IS NULL OR $8::boolean)
)
SELECT
    effect_id, stream_category, stream_id, payload::text AS payload, state, system, circuit, cluster, customer, created_at,
    due_at, ended_at, failures, forgiven, reason, lease_owner, lease_until
FROM rows
WHERE $7::text IS NULL OR state = $7
ORDER BY due_at, effect_id
LIMIT $9::bigint
