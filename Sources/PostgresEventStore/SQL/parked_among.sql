-- How many of these streams a process has parked, and holds its checkpoint still. Parameters: process, categories and ids side by side.
WITH checkpoint AS (SELECT process FROM process_checkpoints WHERE process = $1 FOR UPDATE)
SELECT count(*) AS parked
FROM
    checkpoint
    JOIN parked_streams USING (process)
    JOIN unnest($2::text[], $3::text[]) AS s (stream_category, stream_id) USING (stream_category, stream_id)
