-- Takes a row, whoever works on it. Parameters: effect, owner, end of the lease.
UPDATE effects
SET lease_owner = $2, lease_token = lease_token + 1, lease_until = $3::timestamptz
WHERE effect_id = $1 AND ended_at IS NULL
RETURNING
    effect_id, lease_token, stream_category, stream_id, payload::text AS payload, failures, forgiven,
    continuation::text AS continuation, created_at, circuit, false AS is_suspect
