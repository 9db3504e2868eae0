-- Definitions that could not be built at all.
SELECT view, digest, reason, file, line, statement FROM views.projection_refusals;
