-- Indexes of this schema whose concurrent building was interrupted, quoted. No parameters. Those of partitions' parents are invalid
-- until all partitions have theirs, and are none of ours.
SELECT i.indexrelid::regclass::text AS name
FROM pg_index AS i INNER JOIN pg_class AS c ON c.oid = i.indexrelid
WHERE NOT i.indisvalid AND c.relkind = 'i' AND c.relnamespace = current_schema()::regnamespace
