-- Notes the event that a process cannot handle, unless a replica that can has gone past it or the note is there. Parameters: process,
-- position, reason.
UPDATE process_checkpoints
SET failure = $3, failure_position = $2::bigint
WHERE process = $1 AND position < $2::bigint AND (failure, failure_position) IS DISTINCT FROM ($3, $2::bigint)
