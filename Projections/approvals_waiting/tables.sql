-- One row per decision that somebody waits for; a decision removes it.
CREATE TABLE approvals_waiting (
    -- What kind of thing waits; another kind brings its own words for subject and version.
    kind text NOT NULL CONSTRAINT kind_is_known CHECK (kind IN ('template_version', 'deployment')),
    -- Names the thing among its kind: <template>@<version>, or the deployment of which a release waits.
    subject text NOT NULL,
    template text,
    version text,
    title text NOT NULL,
    description text NOT NULL,
    -- Of a version's files, or of a release's plan.
    digest text,
    -- Of a release: which, where and for whom, the part of the policy that asks for the approval, and until when.
    release bigint,
    customer text,
    environment text,
    cluster text,
    rule text,
    expires_at timestamptz,
    -- Who may not decide, for nobody approves what they asked for.
    requested_by text NOT NULL,
    requested_at timestamptz NOT NULL,
    requested_position bigint NOT NULL CONSTRAINT one_row_per_request UNIQUE,
    stream_version bigint NOT NULL,
    position bigint NOT NULL,
    PRIMARY KEY (kind, subject)
);

-- The files of every version that waits or was ever approved: what a waiting version would change is the difference to the
-- one that it follows.
CREATE TABLE approvals_waiting_versions (
    template text NOT NULL,
    version text NOT NULL,
    -- Text by path.
    files jsonb NOT NULL,
    submitted_position bigint NOT NULL,
    approved_by text,
    approved_at timestamptz,
    -- NULL while it waits.
    approved_position bigint,
    PRIMARY KEY (template, version)
);
