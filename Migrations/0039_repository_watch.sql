-- What is known of the repository that declares everything, so that changes by others are noticed.

-- The commits that DeployCenter made, on record before a branch had them: who writes its name into a commit is not in here.
CREATE TABLE own_commits (
    sha text NOT NULL CONSTRAINT commit_is_recorded_once PRIMARY KEY CONSTRAINT sha_is_hex CHECK (sha ~ '^[0-9a-f]{40,64}$'),
    made_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Up to which commit each branch was looked through.
CREATE TABLE repository_cursors (
    branch text NOT NULL CONSTRAINT cursor_per_branch PRIMARY KEY,
    sha text NOT NULL,
    moved_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Messages of the repository's host that were taken, so that one that is sent again does nothing. Kept for a week.
CREATE TABLE webhook_deliveries (
    id text NOT NULL CONSTRAINT delivery_is_taken_once PRIMARY KEY CONSTRAINT id_is_short CHECK (length(id) BETWEEN 1 AND 100),
    received_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX webhook_deliveries_by_time ON webhook_deliveries (received_at);
