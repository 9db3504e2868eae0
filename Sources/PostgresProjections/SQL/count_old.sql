-- How many generations of a view are not served.
-- $1 view
SELECT count(*) AS old FROM projection_generations WHERE view = $1 AND state <> 'live';
