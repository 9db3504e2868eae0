-- How much there is of everything, at one moment. Positions that no count of events reaches are told apart from the log, so that one
-- made-up event sends nobody to walk a gap of billions. Parameters: size that was signed, last position in files, gap that is walked.
WITH counted AS (
    SELECT count(*) AS event_count, min(position) AS first_position FROM events
), archived AS (
    -- Files serve only for what the table does not have.
    SELECT
        greatest(0, least($2::bigint, archived_up_to(), coalesce(greatest(first_position, 1) - 1, $2::bigint)))
            AS last_position
    FROM counted
), reach AS (
    SELECT greatest($1::bigint, a.last_position + c.event_count) + $3::bigint AS last_position
    FROM counted AS c, archived AS a
)
SELECT
    (SELECT CASE WHEN count(*) = 1 THEN min(position) END FROM log_head) AS head,
    greatest(a.last_position, (SELECT max(e.position) FROM events AS e WHERE e.position <= r.last_position)) AS last_position,
    coalesce(c.first_position, 1) AS first_position,
    a.last_position AS archived_up_to,
    (SELECT min(e.position) FROM events AS e WHERE e.position > r.last_position) AS stray_position,
    (SELECT count(*) FROM audit_tiles WHERE level = 0) AS tile_count,
    coalesce((SELECT max(index) FROM audit_tiles WHERE level = 0), -1) AS last_tile,
    coalesce(
        (SELECT octet_length(hashes) FROM audit_tiles WHERE level = 0 ORDER BY index DESC LIMIT 1), 0)::bigint AS last_tile_bytes
FROM counted AS c, archived AS a, reach AS r
