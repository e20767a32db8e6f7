"""When runs were, as SQL."""

from psycopg import sql

AT = sql.SQL("least(greatest(r.at, '2000-01-01Z'), '9999-01-01Z')")
"""When a run was; a time that no calendar of ours has is the nearest one that it has."""
