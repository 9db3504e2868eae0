-- Fails where events of the log after a position are archived. Parameters: the position.
SELECT require_available($1::bigint)
