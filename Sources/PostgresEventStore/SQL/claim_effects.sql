-- Takes effects that are due and free. Parameters: worker, now, end of the lease, limit, systems.
UPDATE effects
SET lease_owner = $1, lease_token = lease_token + 1, lease_until = $3::timestamptz
WHERE effect_id IN (
    SELECT effect_id
    FROM effects
    WHERE
        ended_at IS NULL AND due_at <= $2::timestamptz AND (lease_until IS NULL OR lease_until <= $2::timestamptz)
        AND system = ANY ($5::text[])
    ORDER BY due_at
    LIMIT $4::bigint
    FOR UPDATE SKIP LOCKED)
RETURNING
    effect_id, lease_token, stream_category, stream_id, payload::text AS payload, failures,
    continuation::text AS continuation, created_at
