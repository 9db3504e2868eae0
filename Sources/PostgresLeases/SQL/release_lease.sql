-- Lets go of a lease before it runs out. Parameters: name, token.
UPDATE leases SET until = '-infinity' WHERE name = $1 AND token = $2::bigint
