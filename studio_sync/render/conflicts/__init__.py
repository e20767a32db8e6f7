"""Rendering of conflicts, as a page and as JSON."""
