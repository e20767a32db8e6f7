"""The time at which a row was written last, in queries."""

from psycopg import sql

UPDATED_AT = sql.SQL("(CASE WHEN t.updated_at BETWEEN '0001-01-02' AND '9999-12-30' THEN t.updated_at END)")
"""That of a row t; NULL for a time that Python can't represent, as infinity."""
