"""The use cases: they bring files, memory and database together, and return values for others to show."""
