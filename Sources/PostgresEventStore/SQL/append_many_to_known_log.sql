-- Events, if the log still ends where the caller knows it to end; NULL otherwise. The function says what its parameters are.
SELECT append_many_to_known_log($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
