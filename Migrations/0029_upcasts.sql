-- Old events in their current shape, for the views: the same edits that the reader in Swift follows (EventSourcing/Upcast.swift), kept
-- as data.
CREATE TABLE event_upcasts (
    type text NOT NULL,
    -- The schema version that the edits read; they make the next.
    from_version integer NOT NULL CONSTRAINT upcast_counts_from_one CHECK (from_version > 0),
    edits jsonb NOT NULL CONSTRAINT upcast_is_a_list CHECK (jsonb_typeof(edits) = 'array'),
    CONSTRAINT upcast_is_declared_once PRIMARY KEY (type, from_version)
);

-- Whether all that is above the path's last member are objects.
CREATE FUNCTION holds_parent(document jsonb, path text[]) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    FOR depth IN 0 .. cardinality(path) - 1 LOOP
        IF jsonb_typeof(document #> path[1:depth]) IS DISTINCT FROM 'object' THEN
            RETURN false;
        END IF;
    END LOOP;
    RETURN true;
END
$$;

CREATE FUNCTION edited_payload(payload jsonb, edit jsonb) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    path text[] := ARRAY(
        SELECT jsonb_array_elements_text(coalesce(edit -> 'add', edit -> 'remove', edit -> 'move', edit -> 'replace')));
    target text[];
    is_there boolean;
BEGIN
    is_there := holds_parent(payload, path)
        AND (payload #> path[1:cardinality(path) - 1]) ? path[cardinality(path)];
    IF edit ? 'add' THEN
        IF holds_parent(payload, path) AND NOT is_there THEN
            RETURN jsonb_set(payload, path, edit -> 'value');
        END IF;
    ELSIF edit ? 'remove' THEN
        IF is_there THEN
            RETURN payload #- path;
        END IF;
    ELSIF edit ? 'move' THEN
        target := ARRAY(SELECT jsonb_array_elements_text(edit -> 'to'));
        IF is_there AND holds_parent(payload, target) THEN
            RETURN jsonb_set(payload #- path, target, payload #> path);
        END IF;
    ELSIF edit ? 'replace' THEN
        IF is_there AND payload #> path = edit -> 'old' THEN
            RETURN jsonb_set(payload, path, edit -> 'new');
        END IF;
    ELSE
        RAISE EXCEPTION 'unknown edit %', edit;
    END IF;
    RETURN payload;
END
$$;

-- The payload as events of its type are written now.
CREATE FUNCTION current_payload(event_type text, event_version integer, stored jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
    payload jsonb := stored;
    version integer := event_version;
    steps jsonb;
    edit jsonb;
BEGIN
    LOOP
        SELECT u.edits INTO steps FROM event_upcasts AS u WHERE u.type = event_type AND u.from_version = version;
        EXIT WHEN NOT FOUND;
        FOR edit IN SELECT jsonb_array_elements(steps) LOOP
            payload := edited_payload(payload, edit);
        END LOOP;
        version := version + 1;
    END LOOP;
    RETURN payload;
END
$$;

-- The SQL expression for the payload in a relation over `events` with these types (NULL for all): the column itself where none of
-- them has an old version, so that a view pays for upcasts only if it reads any.
CREATE FUNCTION payload_expression(types text[]) RETURNS text
LANGUAGE sql STABLE
RETURN (
    SELECT
        CASE count(*)
            WHEN 0 THEN 'payload'
            ELSE format(
                'CASE WHEN (type, schema_version) IN (%s) THEN current_payload(type, schema_version, payload) ELSE payload END',
                string_agg(format('(%L, %s)', type, from_version), ', ' ORDER BY type, from_version))
        END
    FROM event_upcasts
    WHERE types IS NULL OR type = ANY (types)
);
