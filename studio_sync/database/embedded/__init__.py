"""The embedded PostgreSQL: one server for all workspaces of a user, started on demand."""
