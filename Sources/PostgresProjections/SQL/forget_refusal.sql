-- Forgets that a definition of a view could not be built.
-- $1 view
DELETE FROM projection_refusals WHERE view = $1;
