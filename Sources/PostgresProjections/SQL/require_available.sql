-- Fails with SV003 where events after a position are archived: see migration 0028.
-- $1 position
SELECT require_available($1::bigint);
