-- Until the transaction ends, names mean what a schema holds, which works through a transaction pooler. Parameters: schema.
SELECT set_config('search_path', $1, true)
