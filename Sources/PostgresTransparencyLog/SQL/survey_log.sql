-- How much there is of everything, at one moment.
SELECT
    (SELECT position FROM log_head) AS head,
    coalesce((SELECT max(position) FROM events), 0) AS last_position,
    coalesce((SELECT min(position) FROM events), 1) AS first_position,
    (SELECT count(*) FROM audit_tiles WHERE level = 0) AS tile_count,
    coalesce((SELECT max(index) FROM audit_tiles WHERE level = 0), -1) AS last_tile,
    coalesce(
        (SELECT octet_length(hashes) FROM audit_tiles WHERE level = 0 ORDER BY index DESC LIMIT 1), 0)::bigint AS last_tile_bytes
