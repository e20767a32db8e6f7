"""Watching a workspace: each save validated and pushed, as batches of the same push."""
