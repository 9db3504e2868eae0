-- Makes the empty table of a restored range; see the function. Parameters: name, first and last position.
SELECT make_restored_table($1, $2::bigint, $3::bigint)
