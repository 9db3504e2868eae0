-- One row per event.
CREATE TABLE audit_trail (
    position bigint PRIMARY KEY,
    recorded_at timestamptz NOT NULL,
    -- A subject at the identity provider, or process:<name>.
    actor text NOT NULL,
    actor_name text,
    roles text[] NOT NULL,
    action text NOT NULL,
    category text NOT NULL,
    object text NOT NULL,
    customer text,
    deployment text,
    release bigint,
    summary text NOT NULL,
    correlation text NOT NULL,
    causation text,
    source text NOT NULL,
    event_id text NOT NULL,
    stream_version bigint NOT NULL
);
CREATE INDEX audit_trail_by_actor ON audit_trail (actor, position DESC);
CREATE INDEX audit_trail_by_object ON audit_trail (object, position DESC);
CREATE INDEX audit_trail_by_customer ON audit_trail (customer, position DESC);
CREATE INDEX audit_trail_by_deployment ON audit_trail (deployment, position DESC);
CREATE INDEX audit_trail_by_correlation ON audit_trail (correlation, position DESC);
