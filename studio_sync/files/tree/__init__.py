"""The content folder on disk: walking, reading, watching and writing it."""
