-- Lets a process manager that stands still try again.
-- $1 process
UPDATE process_checkpoints
SET failure = NULL, failure_position = NULL
WHERE process = $1 AND failure IS NOT NULL;
