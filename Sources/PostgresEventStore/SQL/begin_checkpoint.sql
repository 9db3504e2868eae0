-- Makes sure that a process has a checkpoint to lock. Parameters: process.
INSERT INTO process_checkpoints (process, position) VALUES ($1, 0)
ON CONFLICT ON CONSTRAINT process_has_one_checkpoint DO NOTHING
