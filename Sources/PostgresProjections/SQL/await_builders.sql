-- Waits for those who fold portions of a generation now, and lets nobody else begin until the transaction ends. Before the row is
-- locked: whoever waits for the row in front of those who share it and note what they did would block them for good.
-- $1 generation
SELECT pg_advisory_xact_lock(hashtext('projection_generations'), $1::bigint::integer);
