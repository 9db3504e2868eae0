-- One row per milestone of a customer.
CREATE TABLE customer_history (
    position bigint PRIMARY KEY,
    recorded_at timestamptz NOT NULL,
    customer text NOT NULL,
    -- What the milestone is about.
    kind text NOT NULL CONSTRAINT kind_is_known CHECK (kind IN ('customer', 'release', 'decommission', 'name')),
    -- What happened to it: the event's type without its category.
    milestone text NOT NULL,
    deployment text,
    release bigint,
    summary text NOT NULL,
    -- How long it took since it was requested; NULL for what nobody waited for.
    seconds double precision,
    -- A subject at the identity provider, or process:<name>.
    actor text NOT NULL,
    stream_version bigint NOT NULL
);

-- What a milestone that only names a number is a milestone of: a release, or a decommission.
CREATE TABLE customer_history_requests (
    deployment text NOT NULL,
    number bigint NOT NULL,
    -- Such as: odoo 1.0.0; NULL for a decommission.
    software text,
    requested_at timestamptz NOT NULL,
    PRIMARY KEY (deployment, number)
);
