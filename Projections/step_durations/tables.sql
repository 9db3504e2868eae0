-- One row per step that a release began, and one for the release as a whole: step release, from its request until it was live,
-- had failed or was cancelled. Medians and the like are computed when somebody asks, over the rows that they ask for.
CREATE TABLE step_durations (
    deployment text NOT NULL,
    release bigint NOT NULL,
    step text NOT NULL,
    customer text NOT NULL,
    environment text NOT NULL,
    size text NOT NULL,
    cluster text NOT NULL,
    template text NOT NULL,
    template_version text NOT NULL,
    cause text NOT NULL,
    -- NULL while it is under way.
    outcome text CONSTRAINT outcome_is_known CHECK (outcome IN ('succeeded', 'failed', 'abandoned')),
    -- Attempts on record; one that succeeded is the last of them.
    attempts bigint NOT NULL,
    started_at timestamptz NOT NULL,
    ended_at timestamptz,
    seconds double precision GENERATED ALWAYS AS (extract(epoch FROM ended_at - started_at)::double precision) STORED,
    stream_version bigint NOT NULL,
    position bigint NOT NULL,
    PRIMARY KEY (deployment, release, step),
    CONSTRAINT ended_with_an_outcome CHECK ((outcome IS NULL) = (ended_at IS NULL))
);
