"""Conflicts: merged where they can be, and shown where they can't."""
