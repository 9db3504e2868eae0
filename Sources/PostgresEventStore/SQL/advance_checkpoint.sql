-- Moves a checkpoint, unless somebody else has, and takes away the note of an event that it has gone past. Parameters: process, from, to.
UPDATE process_checkpoints
SET
    position = $3::bigint,
    failure = CASE WHEN failure_position > $3::bigint THEN failure END,
    failure_position = CASE WHEN failure_position > $3::bigint THEN failure_position END
WHERE process = $1 AND position = $2::bigint
