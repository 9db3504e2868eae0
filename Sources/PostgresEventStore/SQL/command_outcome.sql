-- What a command answered before. Parameters: actor, idempotency key.
SELECT digest, outcome::text AS outcome FROM commands WHERE actor = $1 AND idempotency_key = $2
