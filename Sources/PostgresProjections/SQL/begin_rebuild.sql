-- Says how a generation is built, and clears what stopped an earlier try.
-- $1 generation, $2 held, $3 events a second at most or NULL
UPDATE projection_generations
SET
    is_held = $2, events_per_second_max = $3, failure = NULL, failure_position = NULL, failure_file = NULL,
    failure_line = NULL, failure_statement = NULL, phase = CASE WHEN phase = 'held' THEN 'catching_up' ELSE phase END
WHERE generation = $1;
