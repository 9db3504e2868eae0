-- Gives a row back to be done at once, its failures forgiven, past limits and breakers. Parameters: effect, lease token, now (NULL: the database's).
UPDATE effects
SET due_at = coalesce($3::timestamptz, clock_timestamp()), forgiven = failures, passes_circuit = true, is_parked = false, lease_owner = NULL, lease_until = NULL
WHERE effect_id = $1 AND lease_token = $2::bigint AND ended_at IS NULL
