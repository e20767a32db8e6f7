"""Merge bases: found, recognised and advanced."""
