"""Walks over the content folder: which files there are, and which may have changed."""
