"""The content folder on disk: walked, read as records, watched, and written."""
