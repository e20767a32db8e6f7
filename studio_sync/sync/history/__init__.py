"""History of records from the ledger: log, blame, restore, undo, and approvals."""
