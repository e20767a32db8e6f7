"""The ledger in the schema studio_sync: append-only history of versions, notes and runs."""
