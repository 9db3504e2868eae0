-- One migrator at a time: whether this session got the lock, which ends with the session. No parameters. The number is ours alone:
-- 'deploycenter' in a sum.
SELECT pg_try_advisory_lock(7370417263) AS locked
