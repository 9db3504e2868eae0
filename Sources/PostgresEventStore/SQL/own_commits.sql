-- Which of these commits are on record as ours. Parameters: shas.
SELECT sha FROM own_commits WHERE sha = ANY ($1::text[])
