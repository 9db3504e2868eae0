-- Notes how far a branch was looked through, unless somebody else did so meanwhile. Parameters: branch, sha, sha before or NULL.
INSERT INTO repository_cursors (branch, sha) VALUES ($1, $2)
ON CONFLICT ON CONSTRAINT cursor_per_branch DO UPDATE
SET sha = excluded.sha, moved_at = clock_timestamp()
WHERE repository_cursors.sha = $3::text
