-- Takes a row, whoever works on it. Parameters: effect, owner, now (NULL: the database's), seconds of the lease.
UPDATE effects
SET lease_owner = $2, lease_token = lease_token + 1, lease_until = coalesce($3::timestamptz, statement_timestamp()) + $4::bigint * interval '1 second'
WHERE effect_id = $1 AND ended_at IS NULL
RETURNING
    effect_id, lease_token, stream_category, stream_id, payload::text AS payload, failures, forgiven,
    continuation::text AS continuation, created_at, due_at,
    coalesce($3::timestamptz, statement_timestamp()) AS claimed_at, circuit, false AS is_suspect
