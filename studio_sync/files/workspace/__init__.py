"""A workspace: its settings, its scaffold, and changes of its tree."""
