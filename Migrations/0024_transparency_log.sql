-- Keeps the proof of the log: the Merkle tree over the hashes of all events, as tiles, and what was signed of it. All of it could be
-- made again from the events but the signatures, which must never be lost.
CREATE TABLE audit_tiles (
    -- 0: hashes of events. Each hash of a level stands for a full tile of the level below.
    level integer NOT NULL CONSTRAINT level_is_of_a_tree CHECK (level BETWEEN 0 AND 7),
    index bigint NOT NULL CONSTRAINT tile_index_not_negative CHECK (index >= 0),
    -- Up to 256 hashes of 32 bytes side by side; only the last tile of a level has fewer.
    hashes bytea NOT NULL CONSTRAINT tile_holds_1_to_256_hashes
        CHECK (octet_length(hashes) BETWEEN 32 AND 8192 AND octet_length(hashes) % 32 = 0),
    CONSTRAINT tile_is_stored_once PRIMARY KEY (level, index)
);
-- Hashes do not compress.
ALTER TABLE audit_tiles ALTER COLUMN hashes SET STORAGE EXTERNAL;

CREATE TABLE audit_checkpoints (
    tree_size bigint NOT NULL CONSTRAINT checkpoint_is_signed_once PRIMARY KEY
        CONSTRAINT checkpoint_is_of_something CHECK (tree_size > 0),
    root bytea NOT NULL CONSTRAINT root_is_sha256 CHECK (octet_length(root) = 32),
    -- The signed note, as it is handed out. It says all that matters about itself under its signatures: the checkpoint before it,
    -- when it was signed and by which keys.
    note text NOT NULL
);

-- Since when each key signs. Which keys are trusted is configured and not said here.
CREATE TABLE audit_keys (
    verifier_key text NOT NULL CONSTRAINT key_is_recorded_once PRIMARY KEY,
    first_tree_size bigint NOT NULL CONSTRAINT key_signed_something CHECK (first_tree_size > 0)
);

-- Why nothing is signed any more, for people to see; the reason itself is found anew at every try.
CREATE TABLE audit_alarms (
    is_the_one boolean NOT NULL DEFAULT true CONSTRAINT alarm_is_one PRIMARY KEY
        CONSTRAINT alarm_is_the_one CHECK (is_the_one),
    kind text NOT NULL,
    position bigint NOT NULL,
    detail text NOT NULL,
    raised_at timestamptz NOT NULL
);

-- What each witness has been given.
CREATE TABLE audit_witnesses (
    witness text NOT NULL CONSTRAINT witness_is_named_once PRIMARY KEY,
    tree_size bigint NOT NULL CONSTRAINT witness_has_seen_something CHECK (tree_size > 0),
    published_at timestamptz NOT NULL
);

-- What was signed does not change, not even for the owner of the tables: tiles only grow at their ends.
CREATE FUNCTION refuse_proof_change() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what was signed is never changed: % of % is refused', tg_op, tg_table_name
        USING ERRCODE = 'SV002';
END
$$;
CREATE TRIGGER checkpoints_are_never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_checkpoints
FOR EACH STATEMENT EXECUTE FUNCTION refuse_proof_change();
CREATE TRIGGER keys_are_never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_keys
FOR EACH STATEMENT EXECUTE FUNCTION refuse_proof_change();
CREATE TRIGGER tiles_are_never_removed BEFORE DELETE OR TRUNCATE ON audit_tiles
FOR EACH STATEMENT EXECUTE FUNCTION refuse_proof_change();
CREATE TRIGGER tiles_only_grow BEFORE UPDATE ON audit_tiles
FOR EACH ROW WHEN (
    old.level <> new.level OR old.index <> new.index
    OR substring(new.hashes FROM 1 FOR octet_length(old.hashes)) <> old.hashes)
EXECUTE FUNCTION refuse_proof_change();
ALTER TABLE audit_checkpoints ENABLE ALWAYS TRIGGER checkpoints_are_never_changed;
ALTER TABLE audit_keys ENABLE ALWAYS TRIGGER keys_are_never_changed;
ALTER TABLE audit_tiles ENABLE ALWAYS TRIGGER tiles_are_never_removed;
ALTER TABLE audit_tiles ENABLE ALWAYS TRIGGER tiles_only_grow;
