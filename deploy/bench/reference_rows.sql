-- A table with the columns, constraints and indexes of the log's newest partition in use, for pgbench to fill without any order.
DO $$
DECLARE
    partition regclass;
BEGIN
    SELECT tableoid::regclass INTO partition FROM events LIMIT 1;
    SELECT coalesce(partition, min(inhrelid)::regclass) INTO partition
    FROM pg_inherits
    WHERE inhparent = 'events'::regclass;
    EXECUTE format('CREATE TABLE reference_rows (LIKE %s INCLUDING DEFAULTS INCLUDING INDEXES)', partition);
END
$$;
ALTER TABLE reference_rows ALTER COLUMN position ADD GENERATED ALWAYS AS IDENTITY;
ALTER TABLE reference_rows ALTER COLUMN event_id SET DEFAULT gen_random_uuid();
ALTER TABLE reference_rows ALTER COLUMN recorded_at SET DEFAULT clock_timestamp();
