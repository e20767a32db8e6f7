"""Pruning what change tracking recorded; of each record the newest change before that time stays."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from psycopg import Connection, sql

_AT_ONCE = 5_000
"""How many changes one statement covers."""

_LAST = """
SELECT p.at::text, p.id FROM (
    SELECT c.at, c.id FROM studio_sync.changes AS c
    WHERE c.at < %(before)s AND (c.at, c.id) > (%(at)s, %(after)s) ORDER BY c.at, c.id LIMIT %(limit)s
) AS p ORDER BY p.at DESC, p.id DESC LIMIT 1
"""
"""The end of the next part."""

_OLD = sql.SQL("""
WITH part AS MATERIALIZED (
    SELECT c.id, c.rid,
        coalesce(pg_column_size(c.document), 0) + coalesce(pg_column_size(c.before), 0) AS size
    FROM studio_sync.changes AS c
    WHERE c.at < %(before)s AND (c.at, c.id) > (%(at)s, %(after)s) AND (c.at, c.id) <= (%(to)s, %(last)s)
), ends AS MATERIALIZED (
    SELECT d.rid, e.first, e.last FROM (SELECT DISTINCT p.rid FROM part AS p) AS d, LATERAL (
        SELECT min(n.id + 0) AS first, max(n.id + 0) AS last FROM studio_sync.changes AS n
        WHERE n.rid = d.rid AND n.at < %(before)s OFFSET 0
    ) AS e
), old AS (
    SELECT p.id, p.size, p.id = e.first AS first
    FROM part AS p JOIN ends AS e ON e.rid = p.rid WHERE p.id < e.last
)
{}
""")
"""Ids are added to 0, as the server would look for the first one of a record among all ids in their order."""

_COUNT = _OLD.format(
    sql.SQL("SELECT count(*), count(*) FILTER (WHERE first), coalesce(sum(size), 0)::bigint FROM old")
)
_DELETE = _OLD.format(
    sql.SQL("DELETE FROM studio_sync.changes AS c WHERE c.id = ANY(ARRAY(SELECT o.id FROM old AS o))")
)


def plan_changes(connection: Connection[Any], before: datetime) -> list[tuple[int, int, int]]:
    """The number of changes that a pruning would delete, of their records, and their size, for each part."""
    found = (connection.execute(_COUNT, given).fetchone() for given in _parts(connection, before))
    return [row or (0, 0, 0) for row in found]


def prune_changes(connection: Connection[Any], before: datetime) -> int:
    """Delete old changes in parts, each in its own transaction; returns how many."""
    changes = 0
    for given in _parts(connection, before):
        with connection.transaction():
            changes += connection.execute(_DELETE, given).rowcount
    return changes


def _parts(connection: Connection[Any], before: datetime) -> Iterator[dict[str, Any]]:
    """All changes from before that time, oldest first, in parts: the parameters of a statement."""
    at, after = "-infinity", 0
    while True:
        given = {"before": before, "at": at, "after": after, "limit": _AT_ONCE}
        row = connection.execute(_LAST, given).fetchone()
        if row is None:
            return
        to, last = row
        yield {**given, "to": to, "last": last}
        at, after = to, last
