-- Everything of one customer, or of one deployment, as `read_leaves` gives it: their streams, what domain names say of the
-- deployments, and that the customer was forgotten. Parameters: customer or NULL, deployment or NULL, up to which position; then, side by
-- side, domain names of which more is archived, with the first and the last version of that.
SELECT
    e.position, e.stream_category, e.stream_id, e.stream_version, e.event_id, e.type, e.schema_version, e.payload, e.metadata,
    e.recorded_at, e.leaf_hash
FROM events AS e
WHERE e.position <= $3::bigint AND e.position IN (
    SELECT c.position FROM events AS c WHERE c.stream_category = 'customer' AND c.stream_id = $1::text
    UNION ALL
    SELECT s.position FROM events AS s WHERE s.stream_category = 'subject' AND s.stream_id = 'customer:' || $1::text
    UNION ALL
    -- A customer's id holds no hyphen, and the ids of its deployments begin with it.
    SELECT d.position
    FROM events AS d
    WHERE d.stream_category = 'deployment' AND (d.stream_id = $2::text OR starts_with(d.stream_id, $1::text || '-'))
    UNION ALL
    -- Whole runs of versions, so that a reader can tell that nothing is missing.
    SELECT n.position
    FROM (
        SELECT stream_id, min(first_version) AS first_version, max(last_version) AS last_version
        FROM (
            SELECT stream_id, stream_version AS first_version, stream_version AS last_version
            FROM events
            WHERE stream_category = 'domainname'
                AND (payload ->> 'deployment' = $2::text OR starts_with(payload ->> 'deployment', $1::text || '-'))
            UNION ALL
            SELECT id, first_version, last_version
            FROM unnest($4::text[], $5::bigint[], $6::bigint[]) AS archived (id, first_version, last_version)
        ) AS told
        GROUP BY stream_id
    ) AS run
    JOIN events AS n
        ON n.stream_category = 'domainname' AND n.stream_id = run.stream_id
            AND n.stream_version BETWEEN run.first_version AND run.last_version
)
ORDER BY e.position
