"""Watching a workspace: each save is validated and pushed; remote changes are reported."""
