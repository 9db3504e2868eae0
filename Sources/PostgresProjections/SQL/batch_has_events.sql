-- Whether the batch holds anything that the view reads: most batches of a live view do not. Run after set_batch.sql.
SELECT EXISTS (SELECT FROM batch) AS has_events;
