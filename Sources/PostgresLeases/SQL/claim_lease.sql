-- Takes a lease that is free or has run out, or renews one that is held, by the database's clock. No row where somebody else has it.
-- Parameters: name, holder, seconds.
INSERT INTO leases (name, holder, token, until)
VALUES ($1, $2, 1, clock_timestamp() + $3::bigint * interval '1 second')
ON CONFLICT ON CONSTRAINT lease_is_named_once DO UPDATE
SET
    holder = excluded.holder,
    token = leases.token + CASE WHEN leases.holder = excluded.holder THEN 0 ELSE 1 END,
    until = excluded.until
WHERE leases.holder = excluded.holder OR leases.until <= clock_timestamp()
RETURNING token
