-- Gives an effect back for later. Parameters: effect, lease token, due time, failures, continuation, reason,
-- whether it is parked.
UPDATE effects
SET due_at = $3::timestamptz, failures = $4::bigint, continuation = $5::jsonb, reason = $6, is_parked = $7::boolean,
    lease_owner = NULL, lease_until = NULL
WHERE effect_id = $1 AND lease_token = $2::bigint AND ended_at IS NULL
