-- Views read events in their current shape, and each remembers which shape that was.

-- The payload as events of its type were written at a later schema version. It stops there, whatever upcasts are declared since: rows
-- that a generation folds later agree with those that it has.
CREATE FUNCTION payload_at(event_type text, event_version integer, target_version integer, stored jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
    payload jsonb := stored;
    steps jsonb;
    edit jsonb;
BEGIN
    FOR version IN event_version .. target_version - 1 LOOP
        SELECT u.edits INTO steps FROM event_upcasts AS u WHERE u.type = event_type AND u.from_version = version;
        EXIT WHEN NOT FOUND;
        FOR edit IN SELECT jsonb_array_elements(steps) LOOP
            payload := edited_payload(payload, edit);
        END LOOP;
    END LOOP;
    RETURN payload;
END
$$;

-- With its owner's rights, as readers may ask whether a view is out of date.
CREATE OR REPLACE FUNCTION payload_expression(types text[]) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER
RETURN (
    SELECT
        CASE count(*)
            WHEN 0 THEN 'payload'
            ELSE format(
                'CASE %s ELSE payload END',
                string_agg(
                    format(
                        'WHEN type = %1$L AND schema_version < %2$s THEN payload_at(type, schema_version, %2$s, payload)',
                        type, latest),
                    ' ' ORDER BY type))
        END
    FROM (
        SELECT type, max(from_version) + 1 AS latest
        FROM event_upcasts
        WHERE types IS NULL OR type = ANY (types)
        GROUP BY type
    ) AS upcast
);

DROP FUNCTION current_payload(text, integer, jsonb);

ALTER TABLE projection_generations
    -- What `payload_expression` was when the generation was registered.
    ADD COLUMN payload_form text NOT NULL DEFAULT 'payload';
ALTER TABLE projection_generations
    -- Another one makes other rows.
    ADD COLUMN rows_digest text NOT NULL
        GENERATED ALWAYS AS (CASE payload_form WHEN 'payload' THEN digest ELSE md5(digest || payload_form) END) STORED;

-- What is being built, by whichever version of the program, goes on by the new one.
DO $$
DECLARE
    schema_name text;
BEGIN
    FOR schema_name IN
        SELECT generations.schema_name
        FROM projection_generations AS generations
        WHERE generations.state = 'building' AND to_regnamespace(quote_ident(generations.schema_name)) IS NOT NULL
    LOOP
        EXECUTE format(
            'CREATE VIEW %I.current_events AS
            SELECT
                position, stream_category, stream_id, stream_version, event_id, type, schema_version, payload, metadata,
                recorded_at
            FROM events',
            schema_name);
    END LOOP;
END
$$;

CREATE OR REPLACE VIEW views.projections AS
SELECT
    generation, view, digest, position, state, failure, phase, target, work_done, work_total, begun_at, failure_position,
    failure_file, failure_line, failure_statement, rate, moved_at,
    payload_form <> payload_expression(event_types) AS is_outdated
FROM projection_generations;

-- Moments are shared by what makes the same rows.
CREATE OR REPLACE VIEW views.served AS
SELECT view, rows_digest AS digest, event_types, position
FROM projection_generations
WHERE state = 'live';
