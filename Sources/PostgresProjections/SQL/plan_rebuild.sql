-- Notes what there is to do.
-- $1 generation, $2 last position that is folded as whole streams or in chunks, $3 positions in a chunk, $4 events in all
UPDATE projection_generations
SET phase = 'folding', target = $2, chunk = $3, work_total = $4, begun_at = clock_timestamp()
WHERE generation = $1;
