-- A log as it is made without thinking of readers: positions from a sequence, given before the commit. No parameters.
CREATE TABLE events (position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, event_id uuid NOT NULL)
