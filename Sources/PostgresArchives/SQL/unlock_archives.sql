-- Gives the archiver's lock back. No parameters.
SELECT pg_advisory_unlock(7370417265)
