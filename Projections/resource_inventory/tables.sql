-- One row per thing outside that a deployment made: what was removed stays, with what proves that it is gone. A thing of the
-- same name that was made once more, after it was removed, goes on in its row.
CREATE TABLE resource_inventory (
    deployment text NOT NULL,
    kind text NOT NULL
        CONSTRAINT kind_is_known CHECK (kind IN ('access_point', 'bucket', 'name', 'commit', 'application')),
    -- What its owner calls it: access point id, bucket, domain name, SHA, application.
    identity text NOT NULL,
    -- present: it is there, and for a commit, the folder is as it says. kept: it is there though the deployment was
    -- decommissioned. removing, removal_failed: it has to go and is still there. removed: it is gone. replaced: a commit, and
    -- the folder is as another one says.
    state text NOT NULL CONSTRAINT state_is_known CHECK (
        state IN ('present', 'kept', 'removing', 'removal_failed', 'removed', 'replaced')),
    customer text NOT NULL,
    environment text NOT NULL,
    cluster text NOT NULL,
    region text,
    -- The release that made it, and who asked for that.
    release bigint NOT NULL,
    requested_by text NOT NULL,
    -- Of a commit: whether it declares a release, restores the live one, or takes the folder away.
    purpose text CONSTRAINT purpose_is_known CHECK (purpose IN ('declares', 'restores', 'removes')),
    -- It was there when the release looked for it; NULL where nobody looked.
    was_adopted boolean,
    made_at timestamptz NOT NULL,
    -- The latest making, which for an application is confirmed by each release.
    confirmed_at timestamptz NOT NULL,
    confirmed_release bigint NOT NULL,
    removed_at timestamptz,
    -- What was read that proves that it is gone.
    evidence text,
    -- Why it could not be removed, the last time.
    removal_problem text,
    -- File system, target of the name, repository and folder, project and uid: where to look for it.
    details jsonb NOT NULL,
    updated_at timestamptz NOT NULL,
    made_position bigint NOT NULL,
    stream_version bigint NOT NULL,
    position bigint NOT NULL,
    PRIMARY KEY (deployment, kind, identity)
);

-- The facts that the rows follow from. Rows of a deployment are derived from all of its facts whenever there is a new one, so
-- that it makes no difference in which batches they came; a deployment has tens of them a year.
CREATE TABLE resource_inventory_facts (
    deployment text NOT NULL,
    stream_version bigint NOT NULL,
    position bigint NOT NULL,
    recorded_at timestamptz NOT NULL,
    type text NOT NULL,
    -- Of the release, or of the decommission.
    number bigint NOT NULL,
    -- The kind of thing that the fact is about, if it is about one.
    kind text,
    identity text,
    content jsonb NOT NULL,
    PRIMARY KEY (deployment, stream_version)
);
