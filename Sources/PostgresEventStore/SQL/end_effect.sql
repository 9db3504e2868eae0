-- Ends an effect without an event. Parameters: effect, lease token, now (NULL: the database's), reason.
UPDATE effects
SET ended_at = coalesce($3::timestamptz, clock_timestamp()), reason = $4, lease_owner = NULL, lease_until = NULL
WHERE effect_id = $1 AND lease_token = $2::bigint AND ended_at IS NULL
