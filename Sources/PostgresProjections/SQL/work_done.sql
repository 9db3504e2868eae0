-- Moves a rebuild on.
-- $1 generation, $2 phase, $3 position, $4 events done in addition
UPDATE projection_generations
SET phase = $2, position = $3, work_done = work_done + $4
WHERE generation = $1;
