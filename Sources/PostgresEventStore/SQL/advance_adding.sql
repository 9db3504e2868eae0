-- Moves a checkpoint, unless somebody else has, and adds effects, in one statement: most pages need no more. Answers whether it moved.
-- Parameters: process, from, to, and of the effects, side by side: ids, categories, stream ids, payloads, due times (microseconds), the
-- most seconds from now to the due time or -1, systems, circuits, clusters or empty, customers or empty.
WITH moved AS (
    UPDATE process_checkpoints
    SET
        position = $3::bigint,
        failure = CASE WHEN failure_position > $3::bigint THEN failure END,
        failure_position = CASE WHEN failure_position > $3::bigint THEN failure_position END
    WHERE process = $1 AND position = $2::bigint
    RETURNING process
),
new_circuits AS (
    INSERT INTO effect_circuits (circuit, system)
    SELECT DISTINCT c.circuit, c.system
    FROM unnest($10::text[], $11::text[]) AS c (system, circuit), moved
    WHERE NOT EXISTS (SELECT FROM effect_circuits AS known WHERE known.circuit = c.circuit)
    ON CONFLICT ON CONSTRAINT circuit_is_kept_once DO NOTHING
),
added AS (
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
            $4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[], $9::bigint[], $10::text[], $11::text[], $12::text[],
            $13::text[]) AS e (id, category, stream, payload, due, delay, system, circuit, cluster, customer),
        moved
    ON CONFLICT ON CONSTRAINT effect_is_named_once DO NOTHING
)
SELECT count(*) AS moved FROM moved
