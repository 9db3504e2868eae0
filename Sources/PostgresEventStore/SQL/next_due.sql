-- When the next effect is due that nobody works on. No parameters.
SELECT min(greatest(due_at, lease_until)) AS due_at FROM effects WHERE ended_at IS NULL
