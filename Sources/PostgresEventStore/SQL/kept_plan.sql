-- A plan whose time is not over. Parameters: digest, now.
SELECT digest, deployment, parts::text AS parts, document, expires_at
FROM deployment_plans
WHERE digest = $1 AND expires_at > $2::timestamptz
