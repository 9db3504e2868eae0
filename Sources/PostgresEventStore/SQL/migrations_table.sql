-- Keeps which migrations have been applied, and as what. No parameters.
CREATE TABLE IF NOT EXISTS schema_migrations (
    number integer NOT NULL CONSTRAINT migration_is_applied_once PRIMARY KEY,
    name text NOT NULL,
    -- SHA-256 of the file, in hex: an applied file never changes.
    checksum text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
)
