-- Keeps the key that each person's values in the log are sealed with, so that destroying a key erases the values everywhere.
CREATE TABLE subject_keys (
    key_id uuid NOT NULL CONSTRAINT subject_key_is_named_once PRIMARY KEY,
    -- customer:<id> or actor:<subject at the identity provider>.
    subject text NOT NULL CONSTRAINT subject_has_kind_and_name CHECK (subject ~ '^[a-z]+:.'),
    -- AES-256-GCM under the master key; NULL once it is destroyed: the row stays, so that "erased" is told from "unknown".
    wrapped_key bytea CONSTRAINT wrapped_key_has_nonce_key_and_tag CHECK (octet_length(wrapped_key) = 60),
    -- The first eight hexadecimal digits of the master key's SHA-256.
    master_key_id text CONSTRAINT master_key_id_is_hex CHECK (master_key_id ~ '^[0-9a-f]{8}$'),
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    destroyed_at timestamptz,
    CONSTRAINT destroyed_key_is_gone CHECK (
        (destroyed_at IS NULL) = (wrapped_key IS NOT NULL) AND (wrapped_key IS NULL) = (master_key_id IS NULL))
);
CREATE UNIQUE INDEX subject_has_one_usable_key ON subject_keys (subject) WHERE destroyed_at IS NULL;
CREATE INDEX subject_keys_by_subject ON subject_keys (subject);
CREATE INDEX subject_keys_by_master_key ON subject_keys (master_key_id, key_id) WHERE destroyed_at IS NULL;

-- The keys go in the transaction that appends the fact, whoever appends it and however: neither is without the other.
CREATE FUNCTION destroy_forgotten_keys() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE subject_keys
    SET wrapped_key = NULL, master_key_id = NULL, destroyed_at = NEW.recorded_at
    WHERE
        subject = NEW.payload ->> 'subject'
        AND key_id IN (SELECT key::uuid FROM jsonb_array_elements_text(NEW.payload -> 'keys') AS key)
        AND destroyed_at IS NULL;
    RETURN NULL;
END
$$;
CREATE TRIGGER forgetting_destroys_keys AFTER INSERT ON events
FOR EACH ROW WHEN (NEW.type = 'subject.forgotten') EXECUTE FUNCTION destroy_forgotten_keys();
