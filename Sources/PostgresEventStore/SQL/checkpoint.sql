-- How far a process has reacted to the log. Parameters: process.
SELECT position FROM process_checkpoints WHERE process = $1
