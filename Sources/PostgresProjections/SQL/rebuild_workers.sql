-- How many connections fold a view at once: what the database lets one piece of maintenance take (two unless configured otherwise).
SELECT greatest(1, current_setting('max_parallel_maintenance_workers')::bigint) AS workers;
