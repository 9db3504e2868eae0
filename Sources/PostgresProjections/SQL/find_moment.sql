-- Where a view is to be read as of a moment; no row if the view is not served. See migration 0026.
-- $1 view, $2 time or NULL, $3 position or NULL, $4 positions to look back at most
-- `is_now`: the time is still to come, so that whatever is there, and what comes meanwhile, belongs to it.
SELECT
    coalesce($2::timestamptz >= clock_timestamp(), false) AS is_now,
    head, log_begins, position, built_position, served_position, is_served, digest, schema_name, unused_seconds
FROM views.find_moment($1, $2::timestamptz, $3::bigint, $4::bigint);
