"""The use cases: they combine files, memory and database, and return values to render."""
