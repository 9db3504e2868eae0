-- Adds effects that are not there yet. Parameters, side by side: ids, categories, stream ids, payloads, due times (microseconds).
INSERT INTO effects (effect_id, stream_category, stream_id, payload, created_at, due_at)
SELECT
    e.id, e.category, e.stream, e.payload::jsonb, clock_timestamp(),
    'epoch'::timestamptz + e.due * interval '1 microsecond'
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[]) AS e (id, category, stream, payload, due)
ON CONFLICT ON CONSTRAINT effect_is_named_once DO NOTHING
