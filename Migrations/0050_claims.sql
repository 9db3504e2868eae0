-- Says of what it takes since when it was due, so that it is known how long it waited.
DROP FUNCTION claim_effects(
    text, timestamptz, timestamptz, bigint, text[], text[], double precision[], double precision[], bigint[], bigint[]);

-- Takes effects that are due and free, as far as the circuits of their systems let them pass: half of the answer to "who may work
-- on what now"; the other half is what `report_circuit.sql` keeps of the answers of the systems. The circuits that have something due
-- are locked for as long as this takes, so that the limits hold among all replicas.
--
-- Customers take turns: everybody's first effect goes before anybody's second. Of a circuit the oldest 128 due effects are looked at, and
-- where there are more, also the first one of each of 64 customers, the next ones each time. So a claim costs the same however much is due, and
-- nobody waits longer than a round.
--
-- The limits are arrays side by side, by system: tokens per second and at most (0: none), effects at a time of a circuit and of the
-- whole system (0: any number). Times are the caller's.
CREATE FUNCTION claim_effects(
    worker text, claimed_at timestamptz, leased_until timestamptz, rows_max bigint, wanted text[],
    limited text[], rates double precision[], bursts double precision[], circuit_max bigint[], system_max bigint[]
) RETURNS TABLE (
    effect_id text, lease_token bigint, stream_category text, stream_id text, payload text, failures integer, forgiven integer,
    continuation text, created_at timestamptz, due_at timestamptz, system text, circuit text, is_suspect boolean)
LANGUAGE plpgsql
-- Sessions keep its plans from when the table was small, or full of what has ended.
SET enable_seqscan = off
SET enable_bitmapscan = off
SET jit = off
AS $$
#variable_conflict use_column
DECLARE
    one effect_circuits%ROWTYPE;
    its_limit record;
    allowed bigint;
    filled double precision;
    circuits text[] := '{}';
    systems text[] := '{}';
    allowances bigint[] := '{}';
    system_allowances bigint[] := '{}';
    fills double precision[] := '{}';
    turns text[] := '{}';
    next_turns text[] := '{}';
    chosen text[];
BEGIN
    FOR one IN
        SELECT c.*
        FROM effect_circuits AS c
        WHERE c.system = ANY (wanted) AND EXISTS (
            SELECT
            FROM effects AS e
            WHERE
                e.circuit = c.circuit AND e.ended_at IS NULL AND e.due_at <= claimed_at
                AND (e.lease_until IS NULL OR e.lease_until <= claimed_at))
        ORDER BY c.circuit
        FOR UPDATE
    LOOP
        allowed := CASE
            WHEN one.throttled_until > claimed_at THEN 0
            WHEN one.state = 'open' THEN (one.probe_at <= claimed_at)::integer
            WHEN one.state = 'half_open' THEN (one.probe_until <= claimed_at)::integer
            ELSE rows_max
        END;
        filled := NULL;
        system_allowances := system_allowances || rows_max;
        SELECT l.* INTO its_limit
        FROM unnest(limited, rates, bursts, circuit_max, system_max) AS l (system, rate, burst, of_circuit, of_system)
        WHERE l.system = one.system;
        IF FOUND THEN
            IF its_limit.rate > 0 THEN
                filled := least(
                    its_limit.burst,
                    coalesce(
                        one.tokens + greatest(0, extract(epoch FROM claimed_at - one.filled_at)) * its_limit.rate,
                        its_limit.burst));
                allowed := least(allowed, floor(filled)::bigint);
            END IF;
            IF its_limit.of_circuit > 0 THEN
                allowed := least(allowed, greatest(0, its_limit.of_circuit - (
                    SELECT count(*)
                    FROM effects AS e
                    WHERE
                        e.system = one.system AND e.circuit = one.circuit AND e.ended_at IS NULL
                        AND e.lease_until IS NOT NULL AND e.lease_until > claimed_at)));
            END IF;
            IF its_limit.of_system > 0 THEN
                system_allowances[cardinality(system_allowances)] := greatest(0, its_limit.of_system - (
                    SELECT count(*)
                    FROM effects AS e
                    WHERE
                        e.system = one.system AND e.ended_at IS NULL AND e.lease_until IS NOT NULL
                        AND e.lease_until > claimed_at));
            END IF;
        END IF;
        circuits := circuits || one.circuit;
        systems := systems || one.system;
        allowances := allowances || allowed;
        fills := fills || filled;
        turns := turns || one.turn;
    END LOOP;
    IF cardinality(circuits) = 0 THEN
        RETURN;
    END IF;

    WITH RECURSIVE
        oldest AS MATERIALIZED (
            SELECT c.circuit, e.effect_id, e.customer, e.due_at
            FROM
                unnest(circuits, allowances) AS c (circuit, allowed)
                CROSS JOIN LATERAL (
                    SELECT e.effect_id, e.customer, e.due_at
                    FROM effects AS e
                    WHERE
                        c.allowed > 0 AND e.circuit = c.circuit AND e.ended_at IS NULL AND e.due_at <= claimed_at
                        AND (e.lease_until IS NULL OR e.lease_until <= claimed_at)
                    ORDER BY e.due_at
                    LIMIT 128) AS e
        ),
        crowded AS (
            SELECT c.circuit, c.turn
            FROM unnest(circuits, turns) AS c (circuit, turn)
            WHERE (SELECT count(*) FROM oldest AS o WHERE o.circuit = c.circuit) = 128
        ),
        round AS (
            SELECT c.circuit, 1 AS number, (
                SELECT min(e.customer)
                FROM effects AS e
                WHERE e.circuit = c.circuit AND e.ended_at IS NULL AND e.customer > c.turn) AS customer
            FROM crowded AS c
            UNION ALL
            SELECT r.circuit, r.number + 1, (
                SELECT min(e.customer)
                FROM effects AS e
                WHERE e.circuit = r.circuit AND e.ended_at IS NULL AND e.customer > r.customer)
            FROM round AS r
            WHERE r.customer IS NOT NULL AND r.number < 64
        ),
        candidates AS (
            SELECT * FROM oldest
            UNION
            SELECT r.circuit, e.effect_id, r.customer, e.due_at
            FROM
                round AS r
                CROSS JOIN LATERAL (
                    SELECT e.effect_id, e.due_at
                    FROM effects AS e
                    WHERE
                        e.circuit = r.circuit AND e.customer = r.customer AND e.ended_at IS NULL
                        AND e.due_at <= claimed_at AND (e.lease_until IS NULL OR e.lease_until <= claimed_at)
                    ORDER BY e.due_at
                    LIMIT 1) AS e
        ),
        ranked AS (
            SELECT
                candidates.*,
                row_number() OVER (PARTITION BY customer ORDER BY due_at, effect_id) AS of_customer
            FROM candidates
        ),
        within AS (
            SELECT
                c.system, c.allowed_in_system, r.effect_id, r.of_customer, r.due_at, c.allowed,
                row_number() OVER (PARTITION BY r.circuit ORDER BY r.of_customer, r.due_at, r.effect_id) AS in_circuit
            FROM
                ranked AS r
                JOIN unnest(circuits, systems, allowances, system_allowances)
                    AS c (circuit, system, allowed, allowed_in_system) USING (circuit)
        ),
        fitting AS (
            SELECT
                w.*, row_number() OVER (PARTITION BY w.system ORDER BY w.of_customer, w.due_at, w.effect_id) AS in_system
            FROM within AS w
            WHERE w.in_circuit <= w.allowed
        )
    SELECT
        (SELECT array_agg(f.effect_id) FROM (
            SELECT f.effect_id
            FROM fitting AS f
            WHERE f.in_system <= f.allowed_in_system
            ORDER BY f.of_customer, f.due_at, f.effect_id
            LIMIT rows_max) AS f),
        -- From the beginning again where the round has come to the end.
        (SELECT array_agg((
            SELECT coalesce((SELECT r.customer FROM round AS r WHERE r.circuit = c.circuit AND r.number = 64), ''))
            ORDER BY c.ordinal) FROM unnest(circuits) WITH ORDINALITY AS c (circuit, ordinal))
    INTO chosen, next_turns;

    RETURN QUERY WITH
        free AS (
            SELECT e.effect_id
            FROM effects AS e
            WHERE
                e.effect_id = ANY (chosen) AND e.ended_at IS NULL AND e.due_at <= claimed_at
                AND (e.lease_until IS NULL OR e.lease_until <= claimed_at)
            FOR UPDATE SKIP LOCKED
        ),
        -- These pass whatever their circuits say.
        passing AS (
            SELECT e.effect_id
            FROM effects AS e
            WHERE
                e.passes_circuit AND e.system = ANY (wanted) AND e.ended_at IS NULL AND e.due_at <= claimed_at
                AND (e.lease_until IS NULL OR e.lease_until <= claimed_at) AND e.effect_id <> ALL (coalesce(chosen, '{}'))
            ORDER BY e.due_at
            LIMIT greatest(0, rows_max - coalesce(cardinality(chosen), 0))
            FOR UPDATE SKIP LOCKED
        ),
        taken AS (
            UPDATE effects AS e
            SET
                lease_owner = worker, lease_token = e.lease_token + 1, lease_until = leased_until, passes_circuit = false
            FROM (SELECT * FROM free UNION ALL SELECT * FROM passing) AS chosen_one
            WHERE e.effect_id = chosen_one.effect_id
            RETURNING e.*
        ),
        spent AS (
            UPDATE effect_circuits AS c
            SET
                tokens = coalesce(o.filled - o.taken, c.tokens),
                filled_at = CASE WHEN o.filled IS NULL THEN c.filled_at ELSE greatest(c.filled_at, claimed_at) END,
                turn = o.turn,
                state = CASE WHEN c.state = 'open' AND o.taken > 0 AND o.allowed > 0 THEN 'half_open' ELSE c.state END,
                probe = CASE WHEN c.state <> 'closed' AND o.taken > 0 AND o.allowed > 0 THEN o.first ELSE c.probe END,
                probe_until =
                    CASE WHEN c.state <> 'closed' AND o.taken > 0 AND o.allowed > 0 THEN leased_until ELSE c.probe_until END,
                changed_at = CASE WHEN c.state = 'open' AND o.taken > 0 AND o.allowed > 0 THEN claimed_at ELSE c.changed_at END
            FROM (
                SELECT
                    u.circuit, u.filled, u.allowed, u.turn, count(f.effect_id) AS taken, min(f.effect_id) AS first
                FROM
                    unnest(circuits, fills, allowances, next_turns) AS u (circuit, filled, allowed, turn)
                    LEFT JOIN (taken JOIN free USING (effect_id)) AS f ON f.circuit = u.circuit
                GROUP BY u.circuit, u.filled, u.allowed, u.turn) AS o
            WHERE
                c.circuit = o.circuit
                AND ((o.taken > 0 AND (o.filled IS NOT NULL OR c.state <> 'closed')) OR c.turn <> o.turn)
        )
    SELECT
        t.effect_id, t.lease_token, t.stream_category, t.stream_id, t.payload::text, t.failures, t.forgiven,
        t.continuation::text, t.created_at, t.due_at, t.system, t.circuit, c.state <> 'closed' OR c.failures > 0
    FROM taken AS t JOIN effect_circuits AS c ON c.circuit = t.circuit;
END
$$;
