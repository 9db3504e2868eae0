-- Lets long work take its memory until the transaction ends.
-- $1 kilobytes for each sort or hash, $2 kilobytes for building an index
SELECT
    set_config('idle_in_transaction_session_timeout', '0', true),
    set_config('work_mem', greatest(64, $1::bigint)::text || 'kB', true), set_config('hash_mem_multiplier', '2', true),
    set_config('maintenance_work_mem', greatest(1024, $2::bigint)::text || 'kB', true),
    -- What a portion of streams looks up is in memory still: else every portion would read all the rows that there are already.
    set_config('random_page_cost', '1.1', true),
    set_config('plan_cache_mode', 'force_custom_plan', true), set_config('jit', 'off', true),
    set_config('synchronous_commit', 'off', true);
