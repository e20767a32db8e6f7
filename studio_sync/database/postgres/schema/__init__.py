"""The database schema: installing it, checking its shape, and whose objects it contains."""
