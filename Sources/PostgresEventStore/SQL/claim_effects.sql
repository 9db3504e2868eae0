-- Takes effects that are due and free, as far as their circuits let them; the function says how. Parameters: worker, now (NULL: the database's), seconds
-- of the lease, limit, systems, and the limits side by side: systems, tokens per second, tokens at most, at once in a circuit, at once in the system.
SELECT c.*, now.at AS claimed_at
FROM
    (SELECT coalesce($2::timestamptz, statement_timestamp()) AS at) AS now
    CROSS JOIN LATERAL claim_effects(
        $1, now.at, now.at + $3::bigint * interval '1 second', $4::bigint, $5::text[], $6::text[], $7::text[]::double precision[],
        $8::bigint[]::double precision[], $9::bigint[], $10::bigint[]) AS c
