"""The time of a run, as SQL."""

from psycopg import sql

AT = sql.SQL("least(greatest(r.at, '2000-01-01Z'), '9999-01-01Z')")
"""The time of a run, clamped to years that Python's datetime can hold."""
