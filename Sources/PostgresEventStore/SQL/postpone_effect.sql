-- Gives an effect back for later. Parameters: effect, lease token, now (NULL: the database's), microseconds from then to the due time, failures, continuation, reason,
-- whether it is parked.
UPDATE effects
SET due_at = coalesce($3::timestamptz, clock_timestamp()) + $4::bigint * interval '1 microsecond', failures = $5::bigint,
    continuation = $6::jsonb, reason = $7, is_parked = $8::boolean,
    lease_owner = NULL, lease_until = NULL
WHERE effect_id = $1 AND lease_token = $2::bigint AND ended_at IS NULL
