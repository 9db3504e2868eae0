-- How long is waited for a lock. Parameters: the time, with its unit; whether only in this transaction, and otherwise in this session.
SELECT set_config('lock_timeout', $1, $2::boolean)
