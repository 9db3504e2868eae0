-- Who does what only one process may do at a time: a row per task. Rows and not advisory locks, which end up at another session
-- behind a transaction pooler, and which a lost session keeps without its holder knowing.
CREATE TABLE leases (
    name text NOT NULL CONSTRAINT lease_is_named_once PRIMARY KEY,
    -- A process, under a name of its own for each start.
    holder text NOT NULL,
    -- Grows whenever the lease passes to another holder: a write that names an older one is refused.
    token bigint NOT NULL CONSTRAINT token_counts_from_one CHECK (token > 0),
    until timestamptz NOT NULL
);
