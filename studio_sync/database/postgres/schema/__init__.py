"""The schema of a database: installed, looked at, and whose it is."""
