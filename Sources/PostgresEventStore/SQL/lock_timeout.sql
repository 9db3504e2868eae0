-- How long this session waits for a lock. Parameter: the time, with its unit.
SELECT set_config('lock_timeout', $1, false)
