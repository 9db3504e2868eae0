-- Folds the next batch of a served view under a lease.
-- $1 view, $2 lease, $3 token, $4 positions at most
SELECT
    outcome, generation, from_position, to_position, head,
    CASE outcome WHEN 'moved' THEN still_available(from_position) END AS available_from
FROM follow_log($1, $2, $3, $4);
