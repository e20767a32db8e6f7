"""PostgreSQL connections: opening, timeouts, lock waits, errors, and facts about the server."""
