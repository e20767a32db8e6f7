"""Walking the content folder: which files exist, and which may have changed."""
