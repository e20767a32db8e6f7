"""Rendering of results as text, Markdown and JSON."""
