-- Keeps everybody else from creating, swapping or dropping generations of a view until the transaction ends.
-- $1 view
SELECT pg_advisory_xact_lock(hashtextextended('deploycenter.projection.' || $1::text, 0));
