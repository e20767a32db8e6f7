"""The memory of a workspace: the stat index, and the merge bases of each database."""
