-- Whether this transaction is the one that builds a moment, among as many as may build at a time. The slots are tried one by one,
-- and only after the moment itself: what is tried and had is kept until the transaction ends.
-- $1 view, $2 digest, $3 position, $4 slots
SELECT EXISTS (
    SELECT
    FROM (
        SELECT pg_try_advisory_xact_lock(
            hashtextextended('deploycenter.moment.' || $1::text || '.' || $2::text || '.' || $3::bigint, 0)) AS is_had
        OFFSET 0
    ) AS moment
    CROSS JOIN LATERAL generate_series(1, CASE WHEN moment.is_had THEN $4::int END) AS slot (number)
    WHERE pg_try_advisory_xact_lock(hashtextextended('deploycenter.moment.slot.' || slot.number, 0))
) AS is_claimed;
