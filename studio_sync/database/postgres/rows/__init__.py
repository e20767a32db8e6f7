"""Rows: reading, row locks, writing, derived totals, dependents."""
