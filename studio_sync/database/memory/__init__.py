"""A store in memory: for tests, and for who embeds the tool without a server."""
