-- Lets the statements of this transaction take their time: a log may be long.
SELECT set_config('statement_timeout', '0', true)
