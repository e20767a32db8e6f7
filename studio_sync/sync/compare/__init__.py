"""Comparing files, database and merge base: which records differ, and how."""
