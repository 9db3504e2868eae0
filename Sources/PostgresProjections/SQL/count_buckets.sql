-- How many portions a rebuild is divided into; none if it folds the log as it was written.
-- $1 generation
SELECT count(*) AS buckets FROM projection_buckets WHERE generation = $1;
