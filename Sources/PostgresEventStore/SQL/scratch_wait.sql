-- Keeps a transaction open. Parameters: seconds.
SELECT pg_sleep($1::double precision)
