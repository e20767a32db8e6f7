"""Merge bases in a workspace: resolving them, confirming them for a database, and advancing them."""
