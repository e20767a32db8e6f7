"""Faults of a YAML text, and what to type instead."""
