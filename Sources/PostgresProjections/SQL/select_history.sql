-- Makes the relation `explained` in the schema just made: the positions of the events that may have made a row. From then on `batch`
-- holds no others. Run after enter_schema.sql and create_schema.sql.
-- Settings: deploycenter.history, the definition's query or '' for all events that the view reads; deploycenter.key, the row's key,
-- which the query knows as `key`; deploycenter.position, the last position.
SELECT
    set_config('deploycenter.batch_from', '0', true),
    set_config('deploycenter.batch_to', current_setting('deploycenter.position'), true);
DO $$
DECLARE
    query text := current_setting('deploycenter.history');
    batch_definition text := rtrim(pg_get_viewdef('batch'::regclass), '; ');
BEGIN
    CREATE TABLE explained (position bigint PRIMARY KEY);
    IF query = '' THEN
        INSERT INTO explained (position) SELECT position FROM batch;
    ELSE
        EXECUTE format(
            'INSERT INTO explained (position)
            SELECT DISTINCT batch.position
            FROM (SELECT %L::text AS key) AS asked
            CROSS JOIN LATERAL (%s) AS possible (position)
            JOIN batch ON batch.position = possible.position',
            current_setting('deploycenter.key'), rtrim(query, E'; \n'));
    END IF;
    ANALYZE explained;
    EXECUTE format(
        'CREATE OR REPLACE VIEW batch AS
        SELECT found.* FROM (%s) AS found WHERE EXISTS (SELECT FROM explained WHERE explained.position = found.position)',
        batch_definition);
END
$$;
