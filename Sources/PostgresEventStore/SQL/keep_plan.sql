-- Keeps a plan until the later of both ends if it is there already, and lets go of those whose time is over.
-- Parameters: digest, deployment, parts, document, end, now.
WITH ended AS (
    DELETE FROM deployment_plans WHERE expires_at <= $6::timestamptz AND digest <> $1
)
INSERT INTO deployment_plans AS kept (digest, deployment, parts, document, expires_at)
VALUES ($1, $2, $3::jsonb, $4, $5::timestamptz)
ON CONFLICT (digest) DO UPDATE
SET document = excluded.document, expires_at = greatest(kept.expires_at, excluded.expires_at)
