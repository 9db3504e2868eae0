-- How long rows of the to-do list that could be worked on waited for somebody, and how long those whose holder died waited for the next,
-- counted from the claim of the one who died. In milliseconds.
WITH steps AS (
    SELECT
        lease_until, lease_token, ended_at, at, due_at,
        lead(at) OVER later AS next_at, lead(lease_token) OVER later AS next_token
    FROM effect_changes
    WINDOW later AS (PARTITION BY effect_id ORDER BY number)
),
claims AS (
    SELECT
        lease_until IS NOT NULL AS is_takeover,
        next_at - CASE WHEN lease_until IS NULL THEN greatest(at, due_at) ELSE at END AS wait
    FROM steps
    WHERE next_token > lease_token AND ended_at IS NULL
)
SELECT
    coalesce(round(1000 * extract(epoch FROM max(wait) FILTER (WHERE NOT is_takeover))), 0)::bigint AS wait_ms,
    coalesce(round(1000 * extract(epoch FROM max(wait) FILTER (WHERE is_takeover))), 0)::bigint AS takeover_ms,
    count(*) FILTER (WHERE is_takeover) AS takeovers
FROM claims
