"""git's records of the past: line blame, branch points, and the reflog."""
