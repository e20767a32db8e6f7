"""Markdown with front matter: its parts, its links, and what is wrong with it."""
