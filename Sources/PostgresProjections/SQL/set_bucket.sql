-- Says which portion of streams enter_bucket.sql is for.
-- $1 category, $2 from this id, $3 to before this id or NULL, $4 last position, $5 whether the events are copied,
-- $6 the columns of a copy
SELECT
    set_config('deploycenter.bucket_category', $1, true), set_config('deploycenter.bucket_from', $2, true),
    set_config('deploycenter.bucket_until', coalesce($3, ''), true),
    set_config('deploycenter.bucket_to', $4::bigint::text, true),
    set_config('deploycenter.bucket_copied', $5::boolean::text, true),
    set_config('deploycenter.bucket_columns', array_to_string($6::text[], ', '), true);
