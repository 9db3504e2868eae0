-- Attaches a restored table; see the function. Parameters: table, first and last position.
SELECT attach_restored_table($1, $2::bigint, $3::bigint)
