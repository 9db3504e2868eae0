-- Notes the portions of a rebuild.
-- $1 generation, $2 categories, $3 first ids, $4 ids before which each ends or NULL, $5 events
INSERT INTO projection_buckets (generation, bucket, stream_category, from_id, until_id, events)
SELECT $1, portion.ordinal, portion.category, portion.from_id, portion.until_id, portion.events
FROM unnest($2::text[], $3::text[], $4::text[], $5::bigint[]) WITH ORDINALITY
    AS portion (category, from_id, until_id, events, ordinal);
