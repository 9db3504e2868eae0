-- Appends under conditions; see the function. Parameters: as the function's.
SELECT append_events(
    $1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::text[], $6::text[], $7::bigint[], $8::text[], $9::jsonb,
    $10::text, $11::text, $12::text, $13::text, $14::bigint)::text AS outcome
