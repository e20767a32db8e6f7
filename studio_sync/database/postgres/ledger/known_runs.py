"""Looking up runs in the ledger: runs that a database lost (failover, restore) are missing there."""

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from psycopg import Connection


def newest_of(connection: "Connection[Any]", runs: Collection[str]) -> str:
    """The newest of these runs, "" if the ledger has none of them. The ledger must be readable."""
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
