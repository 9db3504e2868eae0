-- One row per customer; a removed customer stays, because its history does.
CREATE TABLE customers (
    id text PRIMARY KEY,
    name text NOT NULL,
    contact_name text,
    contact_email text,
    -- What the customer means to the company, in its own words.
    tier text,
    -- New deployments go to this cluster unless they name another.
    cluster text,
    state text NOT NULL CONSTRAINT state_is_known CHECK (state IN ('active', 'suspended', 'removed')),
    -- Why the customer was suspended or removed.
    reason text,
    created_by text NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    stream_version bigint NOT NULL,
    position bigint NOT NULL
);
