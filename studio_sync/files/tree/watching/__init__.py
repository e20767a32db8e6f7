"""Watching the file system: events, and debouncing them until files have settled."""
