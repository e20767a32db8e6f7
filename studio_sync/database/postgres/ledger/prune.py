"""Versions that the ledger need not keep: those that are old, and that nothing stands on."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from psycopg import sql

from studio_sync.database.postgres.install import VERSION, schema_version
from studio_sync.database.postgres.ledger.ledger import FOUND
from studio_sync.errors import UnavailableError

if TYPE_CHECKING:
    from psycopg import Connection


@dataclass(frozen=True, slots=True)
class Pruning:
    """How many versions go, of how many records, with how many bytes of contents, and how many stay."""

    versions: int
    records: int
    size: int
    kept: int


_OLD = sql.SQL(
    "SELECT v.entry FROM studio_sync.versions AS v JOIN studio_sync.runs AS r ON r.id = v.run"
    " WHERE r.at < %(before)s"
    " AND EXISTS (SELECT FROM studio_sync.versions AS n JOIN studio_sync.runs AS m ON m.id = n.run"
    " WHERE n.rid = v.rid AND n.number > v.number AND m.at < %(before)s)"
    " AND NOT EXISTS (SELECT FROM studio_sync.notes AS t WHERE t.rid = v.rid AND t.number = v.number)"
    " AND NOT (r.source = {found} AND r.at > now() - interval '90 days')"
).format(found=sql.Literal(FOUND))
"""What may go. Of each record the version that was the newest at that time stays, and every later one.

So whoever has pulled or pushed since then stands on versions that stay, and so does every file that a note
is about, however old. What stands on a version that went can't be told from what nobody ever had: it is a
conflict, never overwritten. What a push found and replaced stays for 90 days, whatever DATE is: it stands
nowhere else.
"""


def hold_prunable(connection: "Connection[Any]", label: str) -> None:
    """Raise UnavailableError unless there is a ledger of which this role sees and may delete everything."""
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
    """What a pruning would take away."""
    query = sql.SQL(
        "SELECT count(*), count(DISTINCT v.rid), coalesce(sum(pg_column_size(v.document)), 0)::bigint,"
        " (SELECT count(*) FROM studio_sync.versions) - count(*)"
        " FROM studio_sync.versions AS v WHERE v.entry IN ({old})"
    ).format(old=_OLD)
    row = connection.execute(query, {"before": before}).fetchone()
    return Pruning(*(row or (0, 0, 0, 0)))


def prune(connection: "Connection[Any]", before: datetime) -> int:
    """Delete what may go; how many versions that was. Runs and notes stay."""
    query = sql.SQL("DELETE FROM studio_sync.versions WHERE entry IN ({old})").format(old=_OLD)
    with connection.transaction():
        return connection.execute(query, {"before": before}).rowcount
