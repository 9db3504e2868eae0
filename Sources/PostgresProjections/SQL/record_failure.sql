-- Shows why a view stands still.
-- $1 generation, $2 reason
UPDATE projection_generations
SET failure = $2
WHERE generation = $1 AND failure IS DISTINCT FROM $2;
