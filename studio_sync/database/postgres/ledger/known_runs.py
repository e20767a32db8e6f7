"""Looking up runs in the ledger: runs that a database lost (failover, restore) are missing there."""

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from studio_sync.database.postgres.connection.one_value import one_value

if TYPE_CHECKING:
    from psycopg import Connection

_CAN_WAIT = """
SELECT EXISTS (
    SELECT FROM pg_catalog.pg_proc AS p
    WHERE p.proname = 'pg_logical_emit_message' AND p.pronamespace = 'pg_catalog'::regnamespace
      AND has_function_privilege(p.oid, 'EXECUTE')
)
"""
"""Whether this role can write something to the server's log, which is no row of any table."""


def newest_of(connection: "Connection[Any]", runs: Collection[str]) -> str:
    """The newest of these runs, "" if the ledger has none of them. The ledger must be readable."""
    if not runs:
        return ""
    query = "SELECT id::text FROM studio_sync.runs WHERE id = ANY(%s::uuid[]) ORDER BY at DESC LIMIT 1"
    return str(one_value(connection, query, (sorted(runs),)) or "")


def run_lasts(connection: "Connection[Any]", run: str) -> bool:
    """Whether the ledger has a run that no failover takes away, as far as the server can promise that.

    A COMMIT that waits for a synchronous standby is visible as soon as its wait was cancelled. Where the
    server waits for standbys, the COMMIT of a transaction after it is answered only when they have both.
    """
    if not has_run(connection, run):
        return False
    if one_value(connection, _CAN_WAIT):
        with connection.transaction():
            connection.execute("SELECT pg_logical_emit_message(true, 'studio', %s)", [run])
    return True


def has_run(connection: "Connection[Any]", run: str) -> bool:
    """Whether the ledger has a run."""
    return newest_of(connection, [run]) == run
