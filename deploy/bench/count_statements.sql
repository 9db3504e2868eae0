-- Makes Postgres' own count of statements readable in the bench's database.
CREATE EXTENSION pg_stat_statements
