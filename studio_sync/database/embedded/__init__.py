"""The embedded PostgreSQL server: one for all workspaces of a user, started on demand."""
