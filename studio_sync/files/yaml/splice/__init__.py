"""Splicing: edits of a YAML text that leave every other byte unchanged."""
