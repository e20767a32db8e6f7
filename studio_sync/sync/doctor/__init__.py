"""Doctor: checks of a workspace and its database."""
