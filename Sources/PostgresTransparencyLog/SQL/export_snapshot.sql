-- A name by which other sessions see the same moment, as long as this transaction is open.
SELECT pg_export_snapshot() AS snapshot
