-- How far a view is; no row if it was never built.
-- $1 view
SELECT position FROM views.projections WHERE view = $1 AND state = 'live';
