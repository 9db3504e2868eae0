-- Whether anything of a customer or a deployment is archived. What domain names say of deployments is where these are.
-- Parameters: customer or NULL, deployment or NULL.
SELECT EXISTS (
    SELECT
    FROM archived_streams
    WHERE
        (category = 'customer' AND id = $1::text)
        OR (category = 'subject' AND id = 'customer:' || $1::text)
        OR (category = 'deployment' AND (id = $2::text OR starts_with(id, $1::text || '-')))
) AS is_some;
