-- Writes down every change of the to-do list's rows, for a trial that asks how long anything waited.
CREATE TABLE effect_changes (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    effect_id text NOT NULL,
    at timestamptz NOT NULL,
    due_at timestamptz NOT NULL,
    lease_token bigint NOT NULL,
    lease_until timestamptz,
    ended_at timestamptz
);
CREATE FUNCTION note_effect_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO effect_changes (effect_id, at, due_at, lease_token, lease_until, ended_at)
    VALUES (NEW.effect_id, clock_timestamp(), NEW.due_at, NEW.lease_token, NEW.lease_until, NEW.ended_at);
    RETURN NULL;
END
$$;
CREATE TRIGGER effect_changes_are_noted AFTER INSERT OR UPDATE ON effects
FOR EACH ROW EXECUTE FUNCTION note_effect_change();
