-- Who has not read up to a position. Parameter: the position.
SELECT reader FROM readers_before($1::bigint) AS r (reader) ORDER BY reader
