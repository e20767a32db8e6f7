"""Ignore rules of the content folder (.studioignore)."""
