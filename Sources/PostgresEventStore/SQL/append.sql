-- Several appends in one transaction, each with its own answer; see the function. Parameters: an array of `AppendRequest`s.
SELECT append_events(
    ARRAY(SELECT jsonb_array_elements_text(request -> 'categories')),
    ARRAY(SELECT jsonb_array_elements_text(request -> 'ids')),
    ARRAY(SELECT jsonb_array_elements_text(request -> 'expectations')::bigint),
    ARRAY(SELECT jsonb_array_elements_text(request -> 'eventStreams')::bigint),
    ARRAY(SELECT jsonb_array_elements_text(request -> 'eventIDs')),
    ARRAY(SELECT jsonb_array_elements_text(request -> 'eventTypes')),
    ARRAY(SELECT jsonb_array_elements_text(request -> 'schemaVersions')::bigint),
    ARRAY(SELECT jsonb_array_elements_text(request -> 'payloads')),
    (request ->> 'metadata')::jsonb,
    request ->> 'actor', request ->> 'key', request ->> 'digest',
    request ->> 'effect', (request ->> 'token')::bigint)::text AS outcome
FROM jsonb_array_elements($1::jsonb) WITH ORDINALITY AS requests (request, ordinal)
ORDER BY ordinal
