-- Lets rebuilds be watched, throttled, held and taken up again where they stopped, and says where a fold failed.
ALTER TABLE projection_generations
    -- Run after the rows are there: what only readers need.
    ADD COLUMN indexes text NOT NULL DEFAULT '',
    -- streams: what the fold makes of a stream depends on that stream alone.
    ADD COLUMN fold_order text NOT NULL DEFAULT 'streams'
        CONSTRAINT fold_order_is_known CHECK (fold_order IN ('streams', 'log')),
    -- What is being done to a generation that is not served yet.
    ADD COLUMN phase text NOT NULL DEFAULT 'catching_up'
        CONSTRAINT phase_is_known CHECK (phase IN ('folding', 'indexing', 'catching_up', 'held')),
    -- The last event of the log when the rebuild began: up to here streams are folded as wholes.
    ADD COLUMN target bigint NOT NULL DEFAULT 0 CONSTRAINT target_not_negative CHECK (target >= 0),
    -- Positions folded in one transaction of a rebuild.
    ADD COLUMN chunk bigint NOT NULL DEFAULT 50000 CONSTRAINT chunk_is_positive CHECK (chunk > 0),
    ADD COLUMN work_done bigint NOT NULL DEFAULT 0,
    ADD COLUMN work_total bigint NOT NULL DEFAULT 0,
    ADD COLUMN begun_at timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN is_held boolean NOT NULL DEFAULT false,
    ADD COLUMN events_per_second_max bigint
        CONSTRAINT rate_is_positive CHECK (events_per_second_max > 0),
    -- Where the fold failed: everything before this event is folded.
    ADD COLUMN failure_position bigint,
    ADD COLUMN failure_file text,
    ADD COLUMN failure_line integer,
    ADD COLUMN failure_statement text,
    -- Events a second over the last moves, each weighing less the longer ago it was (ten seconds: to a third).
    ADD COLUMN rate double precision NOT NULL DEFAULT 0,
    ADD COLUMN moved_at timestamptz;

-- The streams of a rebuild in portions that fit its memory: of one category from one id (inclusive) to another (exclusive).
CREATE TABLE projection_buckets (
    generation bigint NOT NULL REFERENCES projection_generations ON DELETE CASCADE,
    bucket integer NOT NULL,
    stream_category text NOT NULL,
    from_id text NOT NULL,
    -- NULL for all that are left.
    until_id text,
    -- Estimated.
    events bigint NOT NULL,
    done_at timestamptz,
    PRIMARY KEY (generation, bucket)
);

CREATE OR REPLACE VIEW views.projections AS
SELECT
    generation, view, digest, position, state, failure, phase, target, work_done, work_total, begun_at, failure_position,
    failure_file, failure_line, failure_statement, rate, moved_at
FROM projection_generations;
