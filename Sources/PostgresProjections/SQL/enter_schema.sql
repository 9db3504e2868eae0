-- Makes unqualified names mean the tables of one generation until the transaction ends, whatever the session's settings are.
-- $1 schema, $2 event types as a Postgres array or NULL for all, $3 how the payload is read or NULL for its current shape
SELECT
    set_config('deploycenter.outer_search_path', current_setting('search_path'), true),
    set_config('deploycenter.generation_schema', $1, true),
    set_config('deploycenter.generation_types', coalesce($2::text[]::text, ''), true),
    set_config('deploycenter.generation_payload', coalesce($3, payload_expression($2::text[])), true),
    set_config('search_path', quote_ident($1) || ', ' || current_setting('search_path'), true),
    set_config('TimeZone', 'UTC', true);
