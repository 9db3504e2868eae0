-- The version of one stream, archived or not; 0 if there is none. Parameters: category, id.
SELECT
    coalesce(
        (SELECT max(stream_version) FROM events WHERE stream_category = $1 AND stream_id = $2),
        (SELECT version FROM archived_streams WHERE category = $1 AND id = $2),
        0) AS version
