-- Keeps which generation of each view is served and how far it is: rows and position of a view are written together.
CREATE TABLE projection_generations (
    generation bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    view text NOT NULL,
    -- SHA-256 over the definition's files, in hex.
    digest text NOT NULL CONSTRAINT digest_is_sha256 CHECK (digest ~ '^[0-9a-f]{64}$'),
    -- The schema that holds the generation's tables.
    schema_name text NOT NULL CONSTRAINT schema_holds_one_generation UNIQUE,
    -- The definition itself, so that the generation goes on when the files are already other ones.
    -- Event types that the fold reads; NULL for all.
    event_types text[],
    tables text NOT NULL,
    fold text NOT NULL,
    -- The rows include every event up to here.
    position bigint NOT NULL DEFAULT 0 CONSTRAINT position_not_negative CHECK (position >= 0),
    -- building: beside the live one, or the first. live: served. retired: was served before the live one.
    state text NOT NULL CONSTRAINT state_is_known CHECK (state IN ('building', 'live', 'retired')),
    -- Why the last fold did not succeed; NULL as soon as one does.
    failure text,
    created_at timestamptz NOT NULL DEFAULT now(),
    state_since timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX one_live_generation ON projection_generations (view) WHERE state = 'live';
CREATE UNIQUE INDEX one_building_generation ON projection_generations (view) WHERE state = 'building';

-- What readers see: one view per table of a live generation, and how far each generation is. The views read with their
-- owner's rights, so that a reader needs none on the log or the registry.
CREATE SCHEMA views;
CREATE VIEW views.projections AS
SELECT generation, view, digest, position, state, failure
FROM projection_generations;
CREATE VIEW views.log_head AS
SELECT coalesce(max(position), 0) AS position
FROM events;

-- Times as the queries show them.
CREATE FUNCTION views.rfc3339(moment timestamptz) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN to_char(moment AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');

-- Members may read the views, and nothing else: grant it to the role that queries run as. It may exist already, for roles
-- belong to the whole cluster, and where the migrating role may not create roles somebody else does it first.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'deploycenter_reader') THEN
        CREATE ROLE deploycenter_reader NOLOGIN;
    END IF;
EXCEPTION
    WHEN duplicate_object OR unique_violation THEN
        NULL;
    WHEN insufficient_privilege THEN
        RAISE NOTICE 'role deploycenter_reader is missing: create it and repeat the grants of this file for least privilege';
END
$$;
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'deploycenter_reader') THEN
        GRANT USAGE ON SCHEMA views TO deploycenter_reader;
        GRANT SELECT ON ALL TABLES IN SCHEMA views TO deploycenter_reader;
    END IF;
END
$$;
