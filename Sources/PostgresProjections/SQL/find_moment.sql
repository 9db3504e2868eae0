-- Where a view is to be read as of a moment; no row if the view is not served. See migration 0026.
-- $1 view, $2 time or NULL, $3 position or NULL, $4 positions to look back at most
SELECT
    head, log_begins, position, built_position, served_position, is_served, digest, schema_name, unused_seconds
FROM views.find_moment($1, $2::timestamptz, $3::bigint, $4::bigint);
