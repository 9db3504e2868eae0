-- Definitions that could not be built at all: nothing of them is registered, and yet whoever looks must see why.
CREATE TABLE projection_refusals (
    view text NOT NULL CONSTRAINT view_has_one_refusal PRIMARY KEY,
    -- Of the definition that was refused.
    digest text NOT NULL,
    reason text NOT NULL,
    file text,
    line integer,
    statement text,
    refused_at timestamptz NOT NULL DEFAULT now()
);
CREATE VIEW views.projection_refusals AS
SELECT view, digest, reason, file, line, statement
FROM projection_refusals;
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'deploycenter_reader') THEN
        GRANT SELECT ON views.projection_refusals TO deploycenter_reader;
    END IF;
END
$$;
