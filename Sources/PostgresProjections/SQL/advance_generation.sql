-- Moves a generation on, in the transaction that folded the batch.
-- $1 generation, $2 position
UPDATE projection_generations
SET position = $2, failure = NULL
WHERE generation = $1;
