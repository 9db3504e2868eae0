-- The ranges that are archived, in order. No parameters.
SELECT
    a.first_position, a.last_position, a.partition_name, a.file, a.sha256,
    EXISTS (SELECT FROM event_partitions AS p WHERE p.first_position = a.first_position) AS is_attached,
    to_regclass(format('%I', a.partition_name)) IS NOT NULL AS has_table
FROM event_archives AS a
ORDER BY a.first_position
