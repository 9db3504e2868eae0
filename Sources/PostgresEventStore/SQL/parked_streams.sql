-- The streams that a process has gone past. Parameters: process.
SELECT stream_category, stream_id, stream_version, position, reason
FROM parked_streams
WHERE process = $1
ORDER BY position
