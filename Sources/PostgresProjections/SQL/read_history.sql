-- The last events of the relation `explained`, oldest first, with how many there are in all. Run after select_history.sql.
-- $1 events at most
SELECT
    latest.position, latest.total, events.stream_category || '-' || events.stream_id AS stream, events.stream_version,
    events.event_id::text AS event_id, events.type, events.recorded_at, events.metadata ->> 'actor' AS actor,
    events.metadata ->> 'actorName' AS actor_name, events.metadata ->> 'correlationID' AS correlation
FROM (
    SELECT position, count(*) OVER () AS total FROM explained ORDER BY position DESC LIMIT $1::bigint
) AS latest
JOIN events ON events.position = latest.position
ORDER BY latest.position;
