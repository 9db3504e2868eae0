-- Keeps which moments of the past are at hand: views as they were after an event, built for the first who asks, in a schema each, read
-- by everybody, and dropped when others are asked for more.
CREATE TABLE projection_moments (
    moment bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    view text NOT NULL,
    -- Of the definition that it was built by.
    digest text NOT NULL,
    -- The rows include every event up to here. Later events that the view does not read make no other moment.
    position bigint NOT NULL CONSTRAINT moment_not_negative CHECK (position >= 0),
    -- The schema that holds the tables. Registered in the transaction that made and filled it: there are no half-built moments.
    schema_name text NOT NULL CONSTRAINT schema_holds_one_moment UNIQUE,
    built_at timestamptz NOT NULL DEFAULT now(),
    -- The last question, to within some seconds.
    used_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT moment_is_built_once UNIQUE (view, digest, position)
);

-- What is needed to find a moment, for readers who have no right on the log or the registry.
CREATE VIEW views.log AS
SELECT position, type, recorded_at
FROM events;
CREATE VIEW views.served AS
SELECT view, digest, event_types, position
FROM projection_generations
WHERE state = 'live';
CREATE VIEW views.moments AS
SELECT view, digest, position, schema_name, built_at, used_at
FROM projection_moments;
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'deploycenter_reader') THEN
        GRANT SELECT ON views.log, views.served, views.moments TO deploycenter_reader;
    END IF;
END
$$;

-- The position of the last event that was recorded at or before a time, all events of that instant included; 0 before the first.
--
-- A binary search by the primary key that sets the bits of the position from the highest on: it looks at as many events as the head
-- has bits, and a log that has grown since gives the same answer. Appends record times that never run against positions; in a log
-- from before that was so, the answer is a place in the disordered stretch whose event is not later than the time and whose next is.
CREATE FUNCTION views.position_at(moment timestamptz) RETURNS bigint
LANGUAGE plpgsql STABLE AS $$
DECLARE
    head bigint := (SELECT max(position) FROM views.log);
    reached bigint := 0;
    step bigint := 1;
    recorded timestamptz;
BEGIN
    IF head IS NULL THEN
        RETURN 0;
    END IF;
    WHILE step <= head / 2 LOOP
        step := step * 2;
    END LOOP;
    WHILE step > 0 LOOP
        IF reached + step <= head THEN
            SELECT log.recorded_at INTO recorded FROM views.log WHERE log.position = reached + step;
            -- What is not there is archived, and older than what is.
            IF NOT FOUND OR recorded <= moment THEN
                reached := reached + step;
            END IF;
        END IF;
        step := step / 2;
    END LOOP;
    RETURN reached;
END
$$;

-- The last position up to `upto` whose event is of one of the types, or `lowest` if none after it is; `upto` itself for all types.
CREATE FUNCTION views.last_read_position(types text[], upto bigint, lowest bigint) RETURNS bigint
LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF types IS NULL THEN
        RETURN upto;
    END IF;
    RETURN coalesce(
        (
            SELECT log.position
            FROM views.log
            WHERE log.position > lowest AND log.position <= upto AND log.type = ANY (types)
            ORDER BY log.position DESC
            LIMIT 1),
        least(lowest, upto));
END
$$;

-- Where a view is to be read as of a time or, if that is NULL, a position. No row if the view is not served.
--
-- `position`: what was asked for. `built_position`: up to where it must be built: the last event that the view reads, looked for no
-- further back than to the beginning of a block of `block` positions, so that the search costs little and two questions share what
-- is built. `is_served`: the live rows are just those. `schema_name`: where it is built already, or NULL.
CREATE FUNCTION views.find_moment(asked_view text, asked_time timestamptz, asked_position bigint, block bigint)
RETURNS TABLE (
    head bigint, log_begins bigint, "position" bigint, built_position bigint, served_position bigint, is_served boolean,
    digest text, schema_name text, unused_seconds double precision)
LANGUAGE plpgsql STABLE AS $$
DECLARE
    served record;
    low bigint;
    high bigint;
BEGIN
    SELECT s.view, s.digest, s.event_types, s.position INTO served FROM views.served AS s WHERE s.view = asked_view;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    SELECT coalesce(max(log.position), 0), coalesce(min(log.position), 1) INTO head, log_begins FROM views.log;
    find_moment.position := CASE WHEN asked_time IS NULL THEN asked_position ELSE views.position_at(asked_time) END;
    built_position := views.last_read_position(
        served.event_types, least(find_moment.position, head), least(find_moment.position, head) / block * block);
    served_position := served.position;
    low := least(find_moment.position, served.position);
    high := greatest(find_moment.position, served.position);
    is_served := low = high OR (
        high - low <= block AND views.last_read_position(served.event_types, high, low) = low);
    digest := served.digest;
    SELECT m.schema_name, extract(epoch FROM now() - m.used_at) INTO schema_name, unused_seconds
    FROM views.moments AS m
    WHERE m.view = asked_view AND m.digest = served.digest AND m.position = built_position;
    RETURN NEXT;
END
$$;
