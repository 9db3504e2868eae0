-- What append_events keeps beside the events themselves.
UPDATE log_head
SET position = last.position, recorded_at = last.recorded_at
FROM (SELECT position, recorded_at FROM events ORDER BY position DESC LIMIT 1) AS last;
INSERT INTO event_types (type, schema_version, first_position)
SELECT type, schema_version, min(position) FROM events GROUP BY type, schema_version;
ANALYZE events;
