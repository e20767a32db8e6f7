"""Markdown with front matter: parts, links, structure, faults."""
