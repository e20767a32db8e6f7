"""The database side: stores (PostgreSQL, in memory), connections, the embedded server, trust, access."""
