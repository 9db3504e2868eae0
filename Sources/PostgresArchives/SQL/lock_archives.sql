-- One archiver at a time: whether this session got the lock. No parameters. The number is ours alone: that of `lock_archiving`, plus one.
SELECT pg_try_advisory_lock(7370417265) AS locked
