-- Ends an effect without an event. Parameters: effect, lease token, time, reason.
UPDATE effects
SET ended_at = $3::timestamptz, reason = $4, lease_owner = NULL, lease_until = NULL
WHERE effect_id = $1 AND lease_token = $2::bigint AND ended_at IS NULL
