"""The run of a version, and its time, as SQL."""

from psycopg import sql

AT = sql.SQL("least(greatest(r.at, '2000-01-01Z'), '9999-01-01Z')")
"""The time of a run, clamped to years that Python's datetime can hold."""

OF_VERSION = sql.SQL(
    "CROSS JOIN LATERAL (SELECT * FROM studio_sync.runs AS own_run WHERE own_run.id = v.run OFFSET 0) AS r"
)
"""The run r of a version v, looked up by its id: a join may be planned as a scan of all others."""
