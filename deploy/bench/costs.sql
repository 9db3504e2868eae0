-- What the bench's database has counted so far; the bench's own few questions are in it. A round trip is an execution of a statement that
-- a client sent.
SELECT
    (SELECT coalesce(sum(calls), 0)::bigint
     FROM pg_stat_statements
     WHERE toplevel AND dbid = (SELECT oid FROM pg_database WHERE datname = current_database())) AS round_trips,
    (SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()) AS commits
