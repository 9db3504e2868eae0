-- Lets a generation that has caught up wait for its swap.
-- $1 generation
UPDATE projection_generations SET phase = 'held' WHERE generation = $1 AND state = 'building';
