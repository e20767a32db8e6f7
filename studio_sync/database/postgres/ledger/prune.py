"""Pruning the ledger: deleting old versions that nothing is based on."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any
from uuid import UUID

from psycopg import Connection, sql

from studio_sync.database.postgres.connection.one_value import has_table, one_value
from studio_sync.database.postgres.ledger.prune_changes import plan_changes, prune_changes
from studio_sync.database.postgres.schema.install import VERSION, schema_version
from studio_sync.database.values.ledger_values import FOUND
from studio_sync.errors import UnavailableError


@dataclass(frozen=True, slots=True)
class Pruning:
    """How many versions of how many records are deleted, their size in bytes, and how many versions stay.

    `estimated`: a large ledger is not counted; what stays is what the server's statistics say.
    """

    versions: int
    records: int
    size: int
    kept: int
    estimated: bool = False


_RUN_IS_OLD = sql.SQL(
    "{alias}.at < %(before)s AND NOT ({alias}.source = {found} AND {alias}.at > now() - interval '90 days')"
)
_OF_RUN = _RUN_IS_OLD.format(alias=sql.Identifier("r"), found=sql.Literal(FOUND))
_UNNOTED = sql.SQL(
    "(SELECT true FROM studio_sync.notes AS t"
    " WHERE t.rid = {0}.rid AND t.number = {0}.number LIMIT 1) IS NULL"
)

_OLD = sql.SQL(
    "SELECT v.entry, v.rid, v.number, pg_column_size(v.document) AS size"
    " FROM unnest(%(runs)s::uuid[]) AS w (run), LATERAL ("
    " SELECT * FROM studio_sync.versions AS s WHERE s.run = w.run{range} OFFSET 0) AS v"
    " WHERE (SELECT true FROM studio_sync.versions AS n WHERE n.rid = v.rid AND n.number > v.number"
    " AND (SELECT m.at < %(before)s FROM studio_sync.runs AS m WHERE m.id = n.run) LIMIT 1)"
    " AND {unnoted}"
)
"""The versions to delete among those of some old runs. Each record keeps its newest version at that time,
and all later ones.

So whoever pulled or pushed since then has merge bases that stay, and so has every file with a note, of
any age. A file based on a deleted version looks like one without a known version: it is a conflict, and
never overwritten. Rows found before push stay for 90 days, whatever DATE is: they are nowhere else.

What is compared with other versions is looked up one by one, as a join would be planned as a scan of all.
"""
_RANGE = sql.SQL(" AND s.entry BETWEEN %(first)s::uuid AND %(last)s::uuid")

_COUNT = sql.SQL(
    "SELECT count(*), count(*) FILTER (WHERE (SELECT true FROM studio_sync.versions AS u"
    " WHERE u.rid = o.rid AND u.number < o.number AND {unnoted}"
    " AND (SELECT {old_run} FROM studio_sync.runs AS r WHERE r.id = u.run) LIMIT 1) IS NULL),"
    " coalesce(sum(o.size), 0)::bigint FROM ({old}) AS o"
)
"""A record is counted with the first of its versions that is deleted."""

_DELETE = sql.SQL(
    "DELETE FROM studio_sync.versions AS d WHERE d.entry = ANY(ARRAY(SELECT o.entry FROM ({old}) AS o))"
)

_OLD_RUNS = sql.SQL(
    "SELECT r.id, r.at::text, (SELECT count(*) FROM studio_sync.versions AS v WHERE v.run = r.id)"
    " FROM studio_sync.runs AS r WHERE (r.at, r.id) > (%(at)s, %(after)s) AND {old_run}"
    " ORDER BY r.at, r.id LIMIT %(limit)s"
).format(old_run=_OF_RUN)

_FIRST, _LEAST, _MOST = 2_000, 100, 20_000
"""How many versions one statement covers: at first, at least, at most."""
_RUNS = 200
"""How many runs are looked up at once."""
_SECONDS = 0.15
"""The target time of one statement, during which it may delay a push."""
_COUNTED = 100_000
"""A ledger that is larger than this is not counted to say what stays."""


def hold_prunable(connection: Connection[Any], label: str) -> None:
    """Raise UnavailableError unless this role can see and delete everything in a ledger."""
    if schema_version(connection) != VERSION:
        raise UnavailableError(f"{label}: there is no ledger to prune", "run: studio db init")
    may = (
        "SELECT has_table_privilege('studio_sync.versions', 'DELETE')"
        " AND NOT row_security_active('studio_sync.versions')"
    )
    if not one_value(connection, may):
        raise UnavailableError(
            f"{label}: permission denied: this role may not prune the ledger, or sees a part of it alone",
            "let the database's owner do it",
        )


def plan(connection: Connection[Any], before: datetime) -> Pruning:
    """What a pruning would delete. It looks at runs from before that time only."""
    counts = [
        connection.execute(part.query(_COUNT), part.given(before)).fetchone() or (0, 0, 0)
        for part in _parts(connection, before)
    ]
    tracked = has_table(connection, "changes")
    counts += plan_changes(connection, before) if tracked else []
    versions, records, size = map(sum, zip((0, 0, 0), *counts, strict=True))
    if not versions:
        return Pruning(0, 0, 0, 0, estimated=True)
    present, estimated = _present(connection, "versions")
    if tracked:
        changes, roughly = _present(connection, "changes")
        present, estimated = present + changes, estimated or roughly
    return Pruning(versions, records, size, max(present - versions, 0), estimated)


def prune(connection: Connection[Any], before: datetime) -> int:
    """Delete old versions in parts, each in its own transaction; returns how many.

    Runs and notes stay. Parts done before an interruption stay done.
    """
    versions = prune_changes(connection, before) if has_table(connection, "changes") else 0
    for part in _parts(connection, before):
        # A statement outside a transaction block is not committed by each pooler.
        with connection.transaction():
            versions += connection.execute(part.query(_DELETE), part.given(before)).rowcount
    return versions


def _present(connection: Connection[Any], table: str) -> tuple[int, bool]:
    """How many rows a table of the ledger has, and whether that is an estimate."""
    name = f"studio_sync.{table}"
    estimate = "SELECT reltuples::bigint FROM pg_catalog.pg_class WHERE oid = %s::regclass"
    if (rows := int(one_value(connection, estimate, (name,)) or 0)) > _COUNTED:
        return rows, True
    query = sql.SQL("SELECT count(*) FROM (SELECT run FROM {} ORDER BY run LIMIT %s) AS s")
    count = one_value(connection, query.format(sql.Identifier("studio_sync", table)), (_COUNTED + 1,))
    return int(count), count > _COUNTED


@dataclass(frozen=True, slots=True)
class _Part:
    """The versions that some runs entered, or a share of those of one run: by the ids of entries."""

    runs: list[UUID]
    share: tuple[UUID, UUID] | None = None

    def query(self, form: sql.SQL) -> sql.Composed:
        """A query about the versions to delete among these."""
        old = _OLD.format(
            range=sql.SQL("") if self.share is None else _RANGE, unnoted=_UNNOTED.format(sql.Identifier("v"))
        )
        return form.format(old=old, old_run=_OF_RUN, unnoted=_UNNOTED.format(sql.Identifier("u")))

    def given(self, before: datetime) -> dict[str, Any]:
        """The query's parameters."""
        first, last = self.share or (None, None)
        return {"before": before, "runs": self.runs, "first": first, "last": last}


def _parts(connection: Connection[Any], before: datetime) -> Iterator[_Part]:
    """The versions of all old runs, in parts for which a statement takes about the target time."""
    at_once, runs, size = _FIRST, list[UUID](), 0
    for run, versions in _old_runs(connection, before):
        if runs and size + versions > at_once:
            began = time.monotonic()
            yield _Part(runs)
            at_once, runs, size = _adapted(at_once, began), [], 0
        if versions > at_once:
            for share in _shares(-(-versions // at_once)):
                began = time.monotonic()
                yield _Part([run], share)
                at_once = _adapted(at_once, began)
        elif versions:
            runs, size = [*runs, run], size + versions
    if runs:
        yield _Part(runs)


def _adapted(at_once: int, began: float) -> int:
    """How many versions the next statement covers, by what this one took."""
    took = time.monotonic() - began
    return min(max(int(at_once * min(_SECONDS / max(took, 0.001), 2)), _LEAST), _MOST)


def _shares(count: int) -> Iterator[tuple[UUID, UUID]]:
    """All ids in ranges of the same size; those of entries are random."""
    edges = [(1 << 128) * i // count for i in range(count + 1)]
    for first, end in pairwise(edges):
        yield UUID(int=first), UUID(int=end - 1)


def _old_runs(connection: Connection[Any], before: datetime) -> Iterator[tuple[UUID, int]]:
    """The runs from before a time, oldest first, with the number of versions that each entered.

    Their times stay texts: what was entered before the ledger had bounds may be one that Python has not.
    """
    given = {"before": before, "at": "-infinity", "after": UUID(int=0), "limit": _RUNS}
    while found := connection.execute(_OLD_RUNS, given).fetchall():
        for run, _, versions in found:
            yield run, versions
        given |= {"after": found[-1][0], "at": found[-1][1]}
