-- Puts lines of an archive into a restored table; see the function. Parameters: table, lines.
SELECT restore_events($1, $2::text[])
