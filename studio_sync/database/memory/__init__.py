"""In-memory store: for tests, and for embedding the tool without a server."""
