"""Rows: read, locked, counted and written."""
