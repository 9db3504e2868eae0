-- What process managers want done: effects and timers as durable rows that are claimed under leases, and how far each process has
-- reacted to the log.
CREATE TABLE effects (
    effect_id text NOT NULL CONSTRAINT effect_is_named_once PRIMARY KEY,
    stream_category text NOT NULL,
    stream_id text NOT NULL,
    payload jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    due_at timestamptz NOT NULL,
    failures integer NOT NULL DEFAULT 0 CONSTRAINT failures_not_negative CHECK (failures >= 0),
    -- What the last attempt left for the next one.
    continuation jsonb,
    -- Why it has to wait, or had to.
    reason text,
    lease_owner text,
    -- Grows with every claim: only the latest holder may end or postpone the row.
    lease_token bigint NOT NULL DEFAULT 0,
    lease_until timestamptz,
    ended_at timestamptz,
    CONSTRAINT lease_has_owner_and_end CHECK ((lease_owner IS NULL) = (lease_until IS NULL))
);
CREATE INDEX effects_due ON effects (due_at) WHERE ended_at IS NULL;
CREATE INDEX effects_of_stream ON effects (stream_category, stream_id);

CREATE TABLE process_checkpoints (
    process text NOT NULL CONSTRAINT process_has_one_checkpoint PRIMARY KEY,
    position bigint NOT NULL CONSTRAINT checkpoint_not_negative CHECK (position >= 0)
);
