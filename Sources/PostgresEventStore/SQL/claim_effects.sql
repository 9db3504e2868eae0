-- Takes effects that are due and free, as far as their circuits let them; the function says how. Parameters: worker, now, end of the lease,
-- limit, systems, and the limits side by side: systems, tokens per second, tokens at most, at once in a circuit, at once in the system.
SELECT *
FROM claim_effects(
    $1, $2::timestamptz, $3::timestamptz, $4::bigint, $5::text[], $6::text[], $7::text[]::double precision[],
    $8::bigint[]::double precision[], $9::bigint[], $10::bigint[])
