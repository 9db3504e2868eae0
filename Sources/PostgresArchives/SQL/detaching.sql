-- Partitions of the log whose detaching was interrupted. No parameters.
SELECT i.inhrelid::regclass::text AS name
FROM pg_inherits AS i
WHERE i.inhparent = 'events'::regclass AND i.inhdetachpending
