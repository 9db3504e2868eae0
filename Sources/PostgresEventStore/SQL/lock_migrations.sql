-- One migrator at a time; the lock ends with the transaction. No parameters. The number is ours alone: 'deploycenter' in a sum.
SELECT pg_advisory_xact_lock(7370417263)
