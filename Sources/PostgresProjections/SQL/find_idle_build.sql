-- How far the generation of a view that is being built has come; no row if nothing is, if it waits for its swap, if it failed, or
-- while somebody folds it.
-- $1 view
SELECT generation || ' ' || phase || ' ' || position || ' ' || work_done AS point
FROM projection_generations
WHERE view = $1 AND state = 'building' AND phase <> 'held' AND failure IS NULL
ORDER BY generation DESC
LIMIT 1
FOR UPDATE SKIP LOCKED;
