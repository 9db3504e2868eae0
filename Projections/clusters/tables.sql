-- One row per cluster; a retired one stays, because deployments name it.
CREATE TABLE clusters (
    id text PRIMARY KEY,
    state text NOT NULL CONSTRAINT state_is_known CHECK (state IN ('open', 'cordoned', 'retired')),
    -- Why the cluster was cordoned or retired.
    reason text,
    destination text NOT NULL,
    region text NOT NULL,
    file_system text NOT NULL,
    hosted_zone text NOT NULL,
    zone_domain text NOT NULL,
    ingress_hostname text NOT NULL,
    labels jsonb NOT NULL,
    registered_by text NOT NULL,
    registered_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    stream_version bigint NOT NULL,
    position bigint NOT NULL
);
