"""PostgreSQL store: rows, locks, ledger, schema, change tracking."""
