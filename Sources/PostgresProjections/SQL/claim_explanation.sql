-- Whether this transaction may fold a row's history, among as many as may at a time. The slots are tried one by one.
-- $1 slots
SELECT EXISTS (
    SELECT
    FROM generate_series(1, $1::int) AS slot (number)
    WHERE pg_try_advisory_xact_lock(hashtextextended('deploycenter.explanation.slot.' || slot.number, 0))
) AS is_claimed;
