-- Takes a stream back among those that a process handles, if the process is where the caller thinks. Parameters: process, category, stream,
-- version of the first event that was not handled, checkpoint.
WITH checkpoint AS (
    SELECT process FROM process_checkpoints WHERE process = $1 AND position = $5::bigint FOR UPDATE
)
DELETE FROM parked_streams AS p
USING checkpoint
WHERE p.process = checkpoint.process AND p.stream_category = $2 AND p.stream_id = $3 AND p.stream_version = $4::bigint
