-- Lets another effect be the probe of a circuit: this one did not ask the system. Parameters: circuit, effect, time.
UPDATE effect_circuits
SET state = 'open', probe_at = $3::timestamptz, changed_at = $3::timestamptz
WHERE circuit = $1 AND state = 'half_open' AND probe = $2
