-- Notes the event that a process cannot handle, unless a replica that can has gone past it. Parameters: process, position, reason.
UPDATE process_checkpoints SET failure = $3, failure_position = $2::bigint WHERE process = $1 AND position < $2::bigint
