"""Pruning the ledger: deleting old versions that nothing is based on."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from psycopg import sql

from studio_sync.database.postgres.schema.install import VERSION, has_changes, schema_version
from studio_sync.database.values.ledger_values import FOUND
from studio_sync.errors import UnavailableError

if TYPE_CHECKING:
    from psycopg import Connection


@dataclass(frozen=True, slots=True)
class Pruning:
    """How many versions of how many records are deleted, their size in bytes, and how many versions stay."""

    versions: int
    records: int
    size: int
    kept: int


_OLD = sql.SQL(
    "v.rid > %(after)s AND v.rid <= %(to)s"
    " AND EXISTS (SELECT FROM studio_sync.runs AS r WHERE r.id = v.run AND r.at < %(before)s"
    " AND NOT (r.source = {found} AND r.at > now() - interval '90 days'))"
    " AND EXISTS (SELECT FROM studio_sync.versions AS n JOIN studio_sync.runs AS m ON m.id = n.run"
    " WHERE n.rid = v.rid AND n.number > v.number AND m.at < %(before)s)"
    " AND NOT EXISTS (SELECT FROM studio_sync.notes AS t WHERE t.rid = v.rid AND t.number = v.number)"
).format(found=sql.Literal(FOUND))
"""The versions to delete. Each record keeps its newest version at that time, and all later ones.

So whoever pulled or pushed since then has merge bases that stay, and so has every file with a note, of
any age. A file based on a deleted version looks like one without a known version: it is a conflict, and
never overwritten. Rows found before push stay for 90 days, whatever DATE is: they are nowhere else.
"""

_FIRST, _LEAST, _MOST = 5_000, 100, 100_000
"""How many versions one statement covers: at first, at least, at most."""
_SECONDS = 0.5
"""The target time of one statement, during which it may delay a push."""


_COUNT_CHANGES = """
SELECT count(*) FILTER (WHERE old), count(DISTINCT rid) FILTER (WHERE old),
    coalesce(sum(size) FILTER (WHERE old), 0)::bigint, count(*) FILTER (WHERE NOT old)
FROM (
    SELECT c.rid, coalesce(pg_column_size(c.document), 0) + coalesce(pg_column_size(c.before), 0) AS size,
        c.at < %s AND EXISTS (
            SELECT FROM studio_sync.changes AS n WHERE n.rid = c.rid AND n.id > c.id AND n.at < %s
        ) AS old
    FROM studio_sync.changes AS c
) AS s
"""


def hold_prunable(connection: "Connection[Any]", label: str) -> None:
    """Raise UnavailableError unless this role can see and delete everything in a ledger."""
    if schema_version(connection) != VERSION:
        raise UnavailableError(f"{label}: there is no ledger to prune", "run: studio db init")
    may = connection.execute(
        "SELECT has_table_privilege('studio_sync.versions', 'DELETE')"
        " AND NOT row_security_active('studio_sync.versions')"
    ).fetchone()
    if not may or not may[0]:
        raise UnavailableError(
            f"{label}: permission denied: this role may not prune the ledger, or sees a part of it alone",
            "let the database's owner do it",
        )


def plan(connection: "Connection[Any]", before: datetime) -> Pruning:
    """What a pruning would delete."""
    query = sql.SQL(
        "SELECT count(*), count(DISTINCT v.rid), coalesce(sum(pg_column_size(v.document)), 0)::bigint"
        " FROM studio_sync.versions AS v WHERE {old}"
    ).format(old=_OLD)
    versions = records = size = all_of_them = 0
    for part in _parts(connection):
        row = connection.execute(query, {"before": before, "after": part.after, "to": part.to}).fetchone()
        found, of, taking = row or (0, 0, 0)
        versions, records, size = versions + found, records + of, size + taking
        all_of_them += part.versions
    if has_changes(connection):
        row = connection.execute(_COUNT_CHANGES, (before, before)).fetchone()
        found, of, taking, stay = row or (0, 0, 0, 0)
        versions, records, size = versions + found, records + of, size + taking
        all_of_them += found + stay
    return Pruning(versions, records, size, all_of_them - versions)


_DELETE_CHANGES = """
DELETE FROM studio_sync.changes WHERE id IN (
    SELECT c.id FROM studio_sync.changes AS c WHERE c.id > %s AND c.at < %s AND EXISTS (
        SELECT FROM studio_sync.changes AS n WHERE n.rid = c.rid AND n.id > c.id AND n.at < %s
    ) ORDER BY c.id LIMIT 5000
) RETURNING id
"""
"""Of tracked changes, too, the newest one before that time stays."""


def _prune_changes(connection: "Connection[Any]", before: datetime) -> int:
    after = count = 0
    while True:
        with connection.transaction():
            rows = connection.execute(_DELETE_CHANGES, (after, before, before)).fetchall()
        if not rows:
            return count
        after, count = max(own for (own,) in rows), count + len(rows)


def prune(connection: "Connection[Any]", before: datetime) -> int:
    """Delete old versions in parts, each in its own transaction; returns how many.

    Runs and notes stay. Parts done before an interruption stay done.
    """
    query = sql.SQL("DELETE FROM studio_sync.versions AS v WHERE {old}").format(old=_OLD)
    changes = _prune_changes(connection, before) if has_changes(connection) else 0
    versions = 0
    for part in _parts(connection):
        # A statement outside a transaction block is not committed by each pooler.
        with connection.transaction():
            given = {"before": before, "after": part.after, "to": part.to}
            versions += connection.execute(query, given).rowcount
    return changes + versions


@dataclass(frozen=True, slots=True)
class _Part:
    """The versions of all records after one and up to another, ordered by identity."""

    after: str
    to: str
    versions: int


def _parts(connection: "Connection[Any]") -> Iterator[_Part]:
    """The whole ledger, in parts for which a statement takes about the target time."""
    after, at_once = "", _FIRST
    while True:
        row = connection.execute(
            "SELECT max(s.rid) FROM ("
            " SELECT v.rid FROM studio_sync.versions AS v WHERE v.rid > %s ORDER BY v.rid LIMIT %s) AS s",
            (after, at_once),
        ).fetchone()
        if row is None or row[0] is None:
            return
        to: str = row[0]
        row = connection.execute(
            "SELECT count(*) FROM studio_sync.versions AS v WHERE v.rid > %s AND v.rid <= %s", (after, to)
        ).fetchone()
        began = time.monotonic()
        yield _Part(after, to, row[0] if row else 0)
        took = time.monotonic() - began
        at_once = min(max(int(at_once * min(_SECONDS / max(took, 0.001), 2)), _LEAST), _MOST)
        after = to
