-- Puts a commit on record as ours. Parameters: sha.
INSERT INTO own_commits (sha) VALUES ($1) ON CONFLICT ON CONSTRAINT commit_is_recorded_once DO NOTHING
