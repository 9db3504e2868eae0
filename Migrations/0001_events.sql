-- The log: events in one order without gaps, which nobody changes, and the outcomes of commands, so that each runs once.
CREATE TABLE events (
    position bigint NOT NULL CONSTRAINT events_position_is_unique PRIMARY KEY
        CONSTRAINT position_counts_from_one CHECK (position > 0),
    stream_category text NOT NULL CONSTRAINT category_is_one_word CHECK (stream_category ~ '^[a-z]+$'),
    stream_id text NOT NULL CONSTRAINT stream_id_not_empty CHECK (stream_id <> ''),
    stream_version bigint NOT NULL CONSTRAINT version_counts_from_one CHECK (stream_version > 0),
    event_id uuid NOT NULL CONSTRAINT event_id_is_unique UNIQUE,
    type text NOT NULL CONSTRAINT type_has_aggregate_and_name CHECK (type ~ '^[a-z_]+\.[a-z_]+$'),
    schema_version integer NOT NULL CONSTRAINT schema_version_counts_from_one CHECK (schema_version > 0),
    payload jsonb NOT NULL CONSTRAINT payload_is_object CHECK (jsonb_typeof(payload) = 'object'),
    metadata jsonb NOT NULL CONSTRAINT metadata_is_object CHECK (jsonb_typeof(metadata) = 'object'),
    recorded_at timestamptz NOT NULL,
    CONSTRAINT stream_version_is_unique UNIQUE (stream_category, stream_id, stream_version)
);

-- Readers that want some categories only, such as the process managers.
CREATE INDEX events_by_category ON events (stream_category, position);

-- One row: the last position. Each append holds its lock until it has committed, so positions have no gaps and follow the
-- order of commits. Updated once an append; a low fillfactor keeps these updates within the page.
CREATE TABLE log_head (
    is_the_one boolean NOT NULL DEFAULT true CONSTRAINT log_head_has_one_row PRIMARY KEY
        CONSTRAINT log_head_is_the_one CHECK (is_the_one),
    position bigint NOT NULL CONSTRAINT head_not_negative CHECK (position >= 0)
) WITH (fillfactor = 10);
INSERT INTO log_head (position) VALUES (0);

-- What happened does not change, not even for the owner of the table or where triggers are off for replication.
CREATE FUNCTION refuse_change() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'events are never changed: % is refused', tg_op
        USING ERRCODE = 'SV002', HINT = 'Append an event that says what is true now.';
END
$$;
CREATE TRIGGER events_are_never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON events
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE events ENABLE ALWAYS TRIGGER events_are_never_changed;

-- The first outcome of each command that came with a key.
CREATE TABLE commands (
    actor text NOT NULL,
    idempotency_key text NOT NULL CONSTRAINT idempotency_key_not_empty CHECK (idempotency_key <> ''),
    -- Of what was asked: the same key with another digest is a mistake of the sender.
    digest text NOT NULL,
    outcome jsonb NOT NULL,
    recorded_at timestamptz NOT NULL,
    CONSTRAINT command_runs_once PRIMARY KEY (actor, idempotency_key)
);
