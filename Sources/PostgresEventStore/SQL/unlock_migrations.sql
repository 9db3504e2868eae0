-- Gives the migrators' lock back. No parameters.
SELECT pg_advisory_unlock(7370417263)
