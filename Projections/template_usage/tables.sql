-- One row per deployment that runs a release, or has one under way; by template and version when somebody asks.
CREATE TABLE template_usage (
    deployment text PRIMARY KEY,
    customer text NOT NULL,
    customer_name text NOT NULL,
    environment text NOT NULL,
    cluster text NOT NULL,
    -- A deployment keeps its template as long as it lives.
    template text NOT NULL,
    -- What runs; NULL while nothing does.
    live_version text,
    live_release bigint,
    live_since timestamptz,
    -- What is on its way; NULL while nothing is.
    coming_version text,
    coming_release bigint,
    stream_version bigint NOT NULL,
    position bigint NOT NULL
);

-- Releases by number: what goes live only names it.
CREATE TABLE template_usage_releases (
    deployment text NOT NULL,
    number bigint NOT NULL,
    customer text NOT NULL,
    customer_name text NOT NULL,
    environment text NOT NULL,
    cluster text NOT NULL,
    template text NOT NULL,
    template_version text NOT NULL,
    PRIMARY KEY (deployment, number)
);

-- One row per version that was submitted, so that versions that nobody runs are there too.
CREATE TABLE template_usage_versions (
    template text NOT NULL,
    version text NOT NULL,
    title text NOT NULL,
    standing text NOT NULL
        CONSTRAINT standing_is_known CHECK (standing IN ('waiting', 'approved', 'rejected', 'deprecated')),
    stream_version bigint NOT NULL,
    position bigint NOT NULL,
    PRIMARY KEY (template, version)
);
