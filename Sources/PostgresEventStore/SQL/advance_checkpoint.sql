-- Moves a checkpoint, unless somebody else has. Parameters: process, from, to.
UPDATE process_checkpoints SET position = $3::bigint WHERE process = $1 AND position = $2::bigint
