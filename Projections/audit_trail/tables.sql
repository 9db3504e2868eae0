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
