-- Shows why a view stands still.
-- $1 generation, $2 reason, $3 position of the event or NULL, $4 file, $5 line, $6 statement
UPDATE projection_generations
SET
    failure = $2, failure_position = $3, failure_file = $4, failure_line = $5, failure_statement = $6
WHERE generation = $1;
