-- Lets what stands still of a view try again.
-- $1 view
UPDATE projection_generations
SET
    failure = NULL, failure_position = NULL, failure_file = NULL, failure_line = NULL, failure_statement = NULL
WHERE view = $1 AND failure IS NOT NULL;
