-- Keeps what an attempt has shown of a circuit. Parameters: circuit, effect, finding (answered, failed, throttled), now (NULL: the
-- database's), reason, microseconds of the throttling, a system all of whose circuits are throttled or NULL, failures and effects in a row that open it, seconds to the first probe
-- and at most to a later one.
WITH
    locked AS (
        SELECT * FROM effect_circuits WHERE circuit = $1 OR system = $7 ORDER BY circuit FOR UPDATE
    ),
    counted AS (
        SELECT
            circuit,
            CASE WHEN $3 = 'failed' THEN failures + 1 ELSE 0 END AS failures,
            CASE
                WHEN $3 <> 'failed' THEN 0
                ELSE failed_effects + (last_failed_effect IS DISTINCT FROM $2 OR failures = 0)::integer
            END AS failed_effects
        FROM locked
        WHERE circuit = $1
    ),
    -- Whether it opens: the probe decides; of those who were at it when it opened, only an answer is news.
    judged AS (
        SELECT
            counted.*,
            $3 = 'failed' AND CASE locked.state
                WHEN 'half_open' THEN locked.probe = $2
                WHEN 'closed' THEN counted.failures >= $8::bigint AND counted.failed_effects >= $9::bigint
                ELSE false
            END AS opens
        FROM counted JOIN locked USING (circuit)
    ),
    state AS (
        UPDATE effect_circuits AS c
        SET
            failures = j.failures,
            failed_effects = j.failed_effects,
            last_failed_effect = CASE WHEN $3 = 'failed' THEN $2 ELSE c.last_failed_effect END,
            state = CASE WHEN $3 <> 'failed' THEN 'closed' WHEN j.opens THEN 'open' ELSE c.state END,
            openings = CASE WHEN $3 <> 'failed' THEN 0 WHEN j.opens THEN c.openings + 1 ELSE c.openings END,
            probe_at = CASE
                WHEN j.opens
                THEN coalesce($4::timestamptz, statement_timestamp()) + least($11::bigint, $10::bigint * power(2, least(c.openings, 30))) * interval '1 second'
                ELSE c.probe_at
            END,
            reason = CASE WHEN $3 = 'answered' THEN c.reason ELSE $5 END,
            changed_at = CASE
                WHEN j.opens OR ($3 = 'answered' AND c.state <> 'closed') OR $3 = 'throttled' THEN coalesce($4::timestamptz, statement_timestamp())
                ELSE c.changed_at
            END,
            throttled_until =
                CASE WHEN $3 = 'throttled' THEN greatest(c.throttled_until, coalesce($4::timestamptz, statement_timestamp()) + $6::bigint * interval '1 microsecond') ELSE c.throttled_until END,
            -- Who comes after a throttle comes slowly, not with a burst.
            tokens = CASE WHEN $3 = 'throttled' AND c.tokens IS NOT NULL THEN least(c.tokens, 1) ELSE c.tokens END
        FROM judged AS j
        WHERE c.circuit = j.circuit
    )
UPDATE effect_circuits AS c
SET throttled_until = greatest(c.throttled_until, coalesce($4::timestamptz, statement_timestamp()) + $6::bigint * interval '1 microsecond'), reason = $5, changed_at = coalesce($4::timestamptz, statement_timestamp())
FROM locked
WHERE c.circuit = locked.circuit AND locked.circuit <> $1
