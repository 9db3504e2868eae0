-- A group of appends in one transaction; the function says what its parameters and answers are. Parameters: those of
-- `AppendGroup.parameters`, in that order. The time of the log's last event is read after the function has run.
SELECT head, kinds, positions, conflicts, versions, outcomes, log_recorded_at() AS recorded_at
FROM append_group(
    $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23::boolean)
