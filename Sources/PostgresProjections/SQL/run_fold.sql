-- Folds the batch by the function that keeps its plans. Run after set_batch.sql.
SELECT fold();
