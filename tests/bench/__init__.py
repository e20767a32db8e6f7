"""How fast studio is, beside git and psql on the same tree: `python -m tests.bench --help`."""
