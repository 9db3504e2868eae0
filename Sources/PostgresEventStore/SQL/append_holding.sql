-- As append.sql, for a group with appends of workers who go on after it: fails with SV005 unless each of them holds its row.
-- Parameters: those of append.sql, then the rows and the tokens of their leases, side by side. Which of the two functions runs first is
-- the same: both take the log's lock before a row's, and the failure undoes the whole.
SELECT head, kinds, positions, conflicts, versions, outcomes, log_recorded_at() AS recorded_at
FROM hold_effects($24, $25)
CROSS JOIN append_group(
    $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23::boolean)
