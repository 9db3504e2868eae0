-- One row per release that was ever requested, approved or not.
CREATE TABLE deployment_status_releases (
    deployment text NOT NULL,
    number bigint NOT NULL,
    cause text NOT NULL,
    -- The release that this one repeats or restores.
    of_release bigint,
    size text NOT NULL,
    cluster text NOT NULL,
    template text NOT NULL,
    template_version text NOT NULL,
    domain text,
    parameters jsonb NOT NULL,
    requested_by text NOT NULL,
    requested_at timestamptz NOT NULL,
    -- The steps that the release takes, in causal order: what was there before it was requested needs none.
    planned_steps text[] NOT NULL,
    -- How the release ended, apart from what came after; NULL while it is under way.
    outcome text CONSTRAINT outcome_is_known CHECK (
        outcome IN ('live', 'failed', 'cancelled', 'rejected', 'approval_expired', 'approval_withdrawn', 'superseded')),
    outcome_reason text,
    outcome_at timestamptz,
    commit text,
    requested_position bigint NOT NULL,
    position bigint NOT NULL,
    PRIMARY KEY (deployment, number)
);

-- One row per deployment.
CREATE TABLE deployment_status (
    id text PRIMARY KEY,
    customer text NOT NULL,
    customer_name text NOT NULL,
    name text NOT NULL,
    environment text NOT NULL,

    -- The latest release that was requested, whatever became of it.
    release bigint NOT NULL,
    cause text NOT NULL,
    of_release bigint,
    size text NOT NULL,
    cluster text NOT NULL,
    template text NOT NULL,
    template_version text NOT NULL,
    domain text,
    parameters jsonb NOT NULL,
    requested_by text NOT NULL,
    requested_at timestamptz NOT NULL,
    planned_steps text[] NOT NULL,
    requested_position bigint NOT NULL CONSTRAINT one_row_per_request UNIQUE,

    -- awaiting_approval: somebody has to agree first, and nothing was made. rejected, approval_expired, approval_withdrawn: so ended
    -- the only release that was ever wanted. requested: no step has begun. provisioning: steps are under way. held: the release
    -- failed and keeps what it made, until somebody retries or cancels it. live: the live release runs, whatever became of a
    -- later one. compensating: what the latest release made is being taken back. failed, cancelled: it is taken back, and
    -- nothing runs. compensation_incomplete, decommission_incomplete: something that had to go is still there; somebody must
    -- act. decommissioning, decommissioned: the whole deployment is going, or gone.
    state text NOT NULL CONSTRAINT state_is_known CHECK (
        state IN (
            'awaiting_approval', 'rejected', 'approval_expired', 'approval_withdrawn', 'requested', 'provisioning', 'held', 'live', 'compensating', 'failed', 'cancelled', 'compensation_incomplete',
            'decommissioning', 'decommission_incomplete', 'decommissioned')),

    -- The release that runs, if one does.
    live_release bigint,
    live_template_version text,
    live_at timestamptz,

    -- The latest release, decommission or retried compensation: the state of each step that began, and of each undoing.
    steps jsonb NOT NULL DEFAULT '{}',
    undos jsonb NOT NULL DEFAULT '{}',
    -- When it came to its end; NULL while it is under way.
    ended_at timestamptz,
    -- Why the latest release failed or was cancelled, and at which step.
    failed_step text,
    reason text,
    -- The latest attempt that did not succeed, forgotten when all is well again.
    last_problem text,
    -- What had to go and is still there.
    remaining text[],

    -- What exists outside now.
    access_point text,
    file_system text,
    bucket text,
    domain_target text,
    commit text,
    repository text,
    folder text,
    application text,
    application_project text,

    -- The latest change of the files by somebody else; NULL once DeployCenter has put its own there again.
    unexplained_change jsonb,

    -- What a decommission left that holds data; NULL when there is none, and once another release uses it.
    kept_data text[],
    -- When that data is to go, if somebody wished so and nobody has undone it: removal, data, removesAt, graceSeconds, reason,
    -- scheduledBy, scheduledAt, and the number of the decommission.
    data_removal jsonb,

    -- What is wrong with what runs: its health (status, resource, message, since), and what is not as Git declares it (resources,
    -- moreResources, since). NULL as long as all is well.
    degraded jsonb,
    drifted jsonb,

    -- The release that waits for approval, if one does: number, plan, rule, expiresAt, requestedBy.
    awaiting jsonb,

    -- What the state is derived from: the last of the facts that change it; NULL as long as no release was approved.
    last_turn text,
    -- The last fact about an approval: its position times 16, and its number among the turns.
    last_asked bigint,
    last_ending text,
    restored_commit text,
    decommission_position bigint,

    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    stream_version bigint NOT NULL,
    position bigint NOT NULL
);
