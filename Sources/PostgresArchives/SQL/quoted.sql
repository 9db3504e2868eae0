-- A name as an identifier of SQL. Parameter: the name.
SELECT quote_ident($1) AS quoted
