"""Conflicts, on a page and as JSON."""
