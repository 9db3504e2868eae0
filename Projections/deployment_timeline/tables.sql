-- One row per step that a release began to do (action do), to take back because it failed or was cancelled (compensate), or
-- to take away with the whole deployment (remove). A step that was begun once more starts over in its row.
CREATE TABLE deployment_timeline (
    deployment text NOT NULL,
    release bigint NOT NULL,
    action text NOT NULL CONSTRAINT action_is_known CHECK (action IN ('do', 'compensate', 'remove')),
    step text NOT NULL,
    state text NOT NULL CONSTRAINT state_is_known CHECK (
        state IN ('running', 'succeeded', 'failed', 'abandoned', 'undoing', 'undone', 'undo_failed')),
    started_at timestamptz NOT NULL,
    ended_at timestamptz,
    -- Attempts so far, the one that is under way included.
    attempts bigint NOT NULL,
    -- What went wrong last.
    message text,
    -- What the step made, or what was read that proves that it is gone.
    evidence jsonb,
    -- Where the step was begun first: the order of the rows.
    begun_position bigint NOT NULL CONSTRAINT one_row_per_beginning UNIQUE,
    updated_at timestamptz NOT NULL,
    stream_version bigint NOT NULL,
    position bigint NOT NULL,
    PRIMARY KEY (deployment, release, action, step)
);

-- Since when what a release made is being taken away for good: later undoing is no compensation any more.
CREATE TABLE deployment_timeline_removals (
    deployment text NOT NULL,
    release bigint NOT NULL,
    position bigint NOT NULL,
    PRIMARY KEY (deployment, release)
);

-- The facts of the batch with the row that they belong to.
CREATE VIEW step_facts AS
SELECT
    batch.stream_id AS deployment,
    (batch.payload ->> 'number')::bigint AS release,
    CASE
        WHEN batch.type NOT IN (
            'deployment.undo_started', 'deployment.undo_attempt_failed', 'deployment.undone', 'deployment.undo_failed')
            THEN 'do'
        WHEN removals.position < batch.position THEN 'remove'
        ELSE 'compensate' END AS action,
    CASE batch.type
        WHEN 'deployment.rendered' THEN 'render'
        WHEN 'deployment.access_point_provisioned' THEN 'access_point'
        WHEN 'deployment.bucket_provisioned' THEN 'bucket'
        WHEN 'deployment.name_provisioned' THEN 'name'
        WHEN 'deployment.committed' THEN 'commit'
        WHEN 'deployment.application_declared' THEN 'application'
        WHEN 'deployment.synced' THEN 'sync'
        WHEN 'deployment.became_healthy' THEN 'health'
        ELSE batch.payload ->> 'step' END AS step,
    -- The state that the fact leads to; NULL if it leaves the state as it is.
    CASE batch.type
        WHEN 'deployment.step_started' THEN 'running'
        WHEN 'deployment.attempt_failed' THEN NULL
        WHEN 'deployment.step_failed' THEN 'failed'
        WHEN 'deployment.step_abandoned' THEN 'abandoned'
        WHEN 'deployment.undo_started' THEN 'undoing'
        WHEN 'deployment.undo_attempt_failed' THEN NULL
        WHEN 'deployment.undone' THEN 'undone'
        WHEN 'deployment.undo_failed' THEN 'undo_failed'
        ELSE 'succeeded' END AS state,
    batch.type IN ('deployment.step_started', 'deployment.undo_started') AS is_start,
    coalesce((batch.payload ->> 'attempt')::bigint + 1, (batch.payload ->> 'attempts')::bigint) AS attempts,
    batch.payload ->> 'reason' AS reason,
    nullif(batch.payload - ARRAY['number', 'step', 'attempt', 'attempts', 'reason'], '{}') AS evidence,
    batch.recorded_at, batch.stream_version, batch.position
FROM batch
LEFT JOIN deployment_timeline_removals AS removals
    ON removals.deployment = batch.stream_id AND removals.release = (batch.payload ->> 'number')::bigint
WHERE batch.type <> 'deployment.decommission_requested';
