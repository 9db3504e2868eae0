-- Why a process stands still; no row if it does not. Parameters: process.
SELECT failure, failure_position FROM process_checkpoints WHERE process = $1 AND failure IS NOT NULL
