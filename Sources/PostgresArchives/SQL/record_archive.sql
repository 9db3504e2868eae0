-- Says that a partition is archived; see the function. Parameters: partition, first and last position, file, SHA-256 of the manifest,
-- root.
SELECT record_archive($1::text::regclass, $2::bigint, $3::bigint, $4, $5, $6)
