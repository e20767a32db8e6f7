"""What the ledger knows: told, shown, and brought back."""
