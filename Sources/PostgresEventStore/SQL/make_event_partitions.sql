-- Makes partitions of the log ahead of need and answers how many were missing. Parameters: positions in each, partitions ahead.
SELECT make_event_partitions($1::bigint, $2::bigint) AS made
