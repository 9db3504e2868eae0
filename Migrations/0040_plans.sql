-- Plans of deployments that somebody may still name by their digest. Nothing of it is part of the log: a row that is lost means only
-- that the plan has to be made anew. Nobody reads it but the servers: plans hold what is to be deployed, differences in Git among it.
CREATE TABLE deployment_plans (
    -- Over the parts: `sha256:` and 64 hexadecimal digits.
    digest text NOT NULL CONSTRAINT plan_has_one_digest PRIMARY KEY
        CONSTRAINT digest_is_sha256 CHECK (digest ~ '^sha256:[0-9a-f]{64}$'),
    deployment text NOT NULL,
    -- What the plan was made from and would make, as texts by name: what has moved since is found by comparing them.
    parts jsonb NOT NULL,
    -- The plan as it was answered.
    document text NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX deployment_plans_by_end ON deployment_plans (expires_at);
