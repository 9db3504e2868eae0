-- One row per template and version.
CREATE TABLE template_catalog (
    template text NOT NULL,
    version text NOT NULL,
    standing text NOT NULL
        CONSTRAINT standing_is_known CHECK (standing IN ('waiting', 'approved', 'rejected', 'deprecated')),
    title text NOT NULL,
    description text NOT NULL,
    digest text NOT NULL,
    -- The text of template.yaml: parameters, their schema, and what the template needs.
    definition text,
    file_paths text[] NOT NULL,
    submitted_by text NOT NULL,
    submitted_at timestamptz NOT NULL,
    approved_by text,
    approved_at timestamptz,
    rejected_by text,
    rejected_at timestamptz,
    rejection_reason text,
    deprecated_by text,
    deprecated_at timestamptz,
    deprecation_reason text,
    submitted_position bigint NOT NULL CONSTRAINT one_row_per_submission UNIQUE,
    updated_at timestamptz NOT NULL,
    stream_version bigint NOT NULL,
    position bigint NOT NULL,
    PRIMARY KEY (template, version)
);
