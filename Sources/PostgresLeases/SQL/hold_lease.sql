-- Whether a lease has not passed on, and that it does not until the transaction ends. Parameters: name, token.
SELECT FROM leases WHERE name = $1 AND token = $2::bigint FOR SHARE
