-- Adds effects that are not there yet, and circuits that are new. Parameters, side by side: ids, categories, stream ids, payloads, due times (microseconds), the
-- most seconds from now to the due time or -1, systems, circuits, clusters or empty, customers or empty.
WITH new_circuits AS (
    INSERT INTO effect_circuits (circuit, system)
    SELECT DISTINCT c.circuit, c.system
    FROM unnest($7::text[], $8::text[]) AS c (system, circuit)
    WHERE NOT EXISTS (SELECT FROM effect_circuits AS known WHERE known.circuit = c.circuit)
    ON CONFLICT ON CONSTRAINT circuit_is_kept_once DO NOTHING
)
INSERT INTO effects (
    effect_id, stream_category, stream_id, payload, created_at, due_at, system, circuit, cluster, customer)
SELECT
    e.id, e.category, e.stream, e.payload::jsonb, clock_timestamp(),
    least(
        'epoch'::timestamptz + e.due * interval '1 microsecond',
        CASE WHEN e.delay >= 0 THEN clock_timestamp() + e.delay * interval '1 second' END),
    e.system, e.circuit, nullif(e.cluster, ''), nullif(e.customer, '')
FROM
    unnest(
        $1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::text[], $8::text[], $9::text[],
        $10::text[]) AS e (id, category, stream, payload, due, delay, system, circuit, cluster, customer)
ON CONFLICT ON CONSTRAINT effect_is_named_once DO NOTHING
