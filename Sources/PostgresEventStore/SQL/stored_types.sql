-- Every type and schema version that the log holds, with the position of its first event. No parameters.
SELECT type, schema_version, first_position FROM event_types ORDER BY type, schema_version
