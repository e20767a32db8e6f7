"""Safe file access: atomic writes, plain files only, paths that stay in the workspace."""
