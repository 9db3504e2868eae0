-- Up to which commit a branch was looked through. Parameters: branch.
SELECT sha FROM repository_cursors WHERE branch = $1
