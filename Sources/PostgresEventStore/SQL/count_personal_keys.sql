-- How many keys each master key wraps; NULL stands for destroyed ones. No parameters.
SELECT master_key_id, count(*) AS keys FROM subject_keys GROUP BY master_key_id
