"""The memory of a workspace: a stat cache of its files, and the merge bases of each database."""
