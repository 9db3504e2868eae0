-- Whether any migration was ever applied here. No parameters.
SELECT to_regclass('schema_migrations') IS NOT NULL AS exist
