"""Which of the runs that a workspace knows of the ledger has: those that a database lost are not in it."""

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from psycopg import Connection


def newest_of(connection: "Connection[Any]", runs: Collection[str]) -> str:
    """Which of these runs wrote last, "" if the ledger has none of them. It must be one that can be read."""
    if not runs:
        return ""
    row = connection.execute(
        "SELECT id::text FROM studio_sync.runs WHERE id = ANY(%s::uuid[]) ORDER BY at DESC LIMIT 1",
        (sorted(runs),),
    ).fetchone()
    return str(row[0]) if row else ""


def has_run(connection: "Connection[Any]", run: str) -> bool:
    """Whether the ledger has a run."""
    return newest_of(connection, [run]) == run
