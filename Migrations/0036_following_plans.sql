-- Views follow by plans that stay right while their tables grow. A session made them on the first event of a new view, over empty tables,
-- and kept them: a batch of resource_inventory came to take more than a second, and the other views waited for the processor.

-- Folds the next batch of a served view: lease, rows and position in one transaction. `outcome` is moved, idle (nothing new),
-- failed (it waits for somebody to mend it), missing (nothing is served), busy (it is being swapped) or lease_lost; in the last
-- four nothing was written.
CREATE OR REPLACE FUNCTION follow_log(followed text, lease_name text, lease_token bigint, positions_max bigint)
RETURNS TABLE (outcome text, generation bigint, from_position bigint, to_position bigint, head bigint)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    found_generation projection_generations%ROWTYPE;
    log_end bigint;
    batch_end bigint;
    outer_path text := current_setting('search_path');
    elapsed double precision;
BEGIN
    SELECT log_head.position INTO log_end FROM log_head;
    SELECT * INTO found_generation FROM projection_generations WHERE view = followed AND state = 'live';
    IF NOT FOUND THEN
        RETURN QUERY SELECT 'missing', NULL::bigint, NULL::bigint, NULL::bigint, log_end;
        RETURN;
    END IF;
    IF found_generation.failure IS NOT NULL OR found_generation.position >= log_end THEN
        RETURN QUERY SELECT
            CASE WHEN found_generation.failure IS NOT NULL THEN 'failed' ELSE 'idle' END,
            found_generation.generation, found_generation.position, found_generation.position, log_end;
        RETURN;
    END IF;

    -- Until the transaction ends nobody else can take the lease.
    PERFORM FROM leases WHERE leases.name = lease_name AND leases.token = lease_token FOR SHARE;
    IF NOT FOUND THEN
        RETURN QUERY SELECT 'lease_lost', NULL::bigint, NULL::bigint, NULL::bigint, log_end;
        RETURN;
    END IF;
    SELECT * INTO found_generation
    FROM projection_generations
    WHERE view = followed AND state = 'live' AND failure IS NULL
    FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        RETURN QUERY SELECT 'busy', NULL::bigint, NULL::bigint, NULL::bigint, log_end;
        RETURN;
    END IF;

    batch_end := least(log_end, found_generation.position + positions_max);
    IF batch_end > found_generation.position THEN
        -- Rows and position come back together after a crash of the server, and what is lost is folded again: no need to wait
        -- for the disk.
        PERFORM set_config('synchronous_commit', 'off', true), set_config('jit', 'off', true),
            set_config('deploycenter.batch_from', found_generation.position::text, true),
            set_config('deploycenter.batch_to', batch_end::text, true), set_config('TimeZone', 'UTC', true);
        IF found_generation.event_types IS NULL OR EXISTS (
            SELECT FROM events
            WHERE
                events.position > found_generation.position AND events.position <= batch_end
                AND events.type = ANY (found_generation.event_types))
        THEN
            -- A plan is kept while the tables grow, so it must be right for large ones, however small they are when it is made.
            -- Cost is rows touched and nothing else, which leads from the events of the batch to their rows by an index.
            PERFORM set_config('enable_seqscan', 'off', true), set_config('seq_page_cost', '0', true),
                set_config('random_page_cost', '0', true), set_config('cpu_tuple_cost', '1', true),
                set_config('cpu_index_tuple_cost', '1', true), set_config('cpu_operator_cost', '0.0001', true),
                set_config('search_path', format('%I, ', found_generation.schema_name) || outer_path, true);
            IF batch_end - found_generation.position <= 200
                AND to_regprocedure(format('%I.fold()', found_generation.schema_name)) IS NOT NULL
            THEN
                -- The function's plans are kept by the session, which a statement by itself cannot have.
                EXECUTE format('SELECT %I.fold()', found_generation.schema_name);
            ELSE
                -- What is right for many events is not for few, and to plan it takes little of the time that they take.
                EXECUTE found_generation.fold;
            END IF;
            -- Plans made under another path would be made anew at each call.
            PERFORM set_config('search_path', outer_path, true);
        END IF;
        elapsed := coalesce(extract(epoch FROM clock_timestamp() - found_generation.moved_at), 1e6);
        UPDATE projection_generations AS moved
        SET
            position = batch_end, moved_at = clock_timestamp(),
            rate = moved.rate * exp(-least(elapsed, 1000) / 10) + (batch_end - found_generation.position) / 10.0
        WHERE moved.generation = found_generation.generation;
    END IF;
    RETURN QUERY SELECT
        CASE WHEN batch_end > found_generation.position THEN 'moved' ELSE 'idle' END,
        found_generation.generation, found_generation.position, greatest(batch_end, found_generation.position), log_end;
END
$$;
