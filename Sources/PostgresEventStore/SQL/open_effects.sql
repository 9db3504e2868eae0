-- How many effects have not ended. No parameters.
SELECT count(*) AS open FROM effects WHERE ended_at IS NULL
