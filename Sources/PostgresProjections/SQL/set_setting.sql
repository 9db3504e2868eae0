-- Gives a script its parameter until the transaction ends.
-- $1 setting, $2 value
SELECT set_config($1, $2, true);
