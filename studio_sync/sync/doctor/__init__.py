"""Looking a workspace and its database over."""
