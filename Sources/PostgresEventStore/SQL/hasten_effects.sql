-- Lets what was to be done, or taken back, for streams whose run has ended be given up at once, also behind an open circuit: that calls
-- nobody. So do what watches their deadlines. Before what follows from the end is added. Parameters: categories and ids side by side.
UPDATE effects AS e
SET due_at = least(e.due_at, clock_timestamp()), passes_circuit = true
FROM unnest($1::text[], $2::text[]) AS s (category, id)
WHERE
    e.stream_category = s.category AND e.stream_id = s.id AND e.ended_at IS NULL
    AND e.payload->>'kind' IN ('perform', 'undo', 'watch_deadline')
