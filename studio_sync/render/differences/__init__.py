"""Rendering of differences between two sides of a record."""
