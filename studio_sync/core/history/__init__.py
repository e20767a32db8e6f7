"""History of a record: its versions in the ledger, its known versions, its merge base, and blame."""
