"""Versions of a record, and the merge base of a tree."""
