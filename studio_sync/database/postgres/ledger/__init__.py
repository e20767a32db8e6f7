"""The ledger in the schema studio_sync: versions, notes and the runs that made them."""
