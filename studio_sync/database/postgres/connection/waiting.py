"""Waiting for locks: never for ever, and whoever holds them is named."""

from typing import TYPE_CHECKING, Any

from studio_sync.core.values.kind import Kinds

if TYPE_CHECKING:
    from psycopg import Connection

LOCK_TIMEOUT = "30s"
"""How long a statement waits for a lock, unless the role has a limit of its own."""

_HOLDERS = """
SELECT coalesce(a.usename::text, 'somebody'), a.pid, extract(epoch FROM now() - min(a.xact_start))::int
FROM pg_catalog.pg_locks AS l
JOIN pg_catalog.pg_stat_activity AS a ON a.pid = l.pid
WHERE l.granted AND l.pid <> pg_backend_pid() AND l.locktype = 'relation'
  AND l.database = (SELECT d.oid FROM pg_catalog.pg_database AS d WHERE d.datname = current_database())
  AND (l.relation IN (SELECT to_regclass(quote_ident(t)) FROM unnest(%s::text[]) AS t)
       OR l.relation IN (
           SELECT c.oid FROM pg_catalog.pg_class AS c
           JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace AND n.nspname = 'studio_sync'
       ))
GROUP BY a.usename, a.pid
ORDER BY bool_or(l.mode <> 'AccessShareLock') DESC, min(a.xact_start)
LIMIT 3
"""


def bound_waiting(connection: "Connection[Any]") -> None:
    """Let no statement of this transaction wait for a lock longer than PATIENCE."""
    connection.execute(
        "SELECT set_config('lock_timeout', %s, true) WHERE current_setting('lock_timeout') = '0'",
        [LOCK_TIMEOUT],
    )


def holders(connection: "Connection[Any]", kinds: Kinds) -> str:
    """Who has transactions open on the tables, as `mia (server process 4711, since 12 s)`; "" if nobody."""
    found = connection.execute(_HOLDERS, [[kind.table for kind in kinds]]).fetchall()
    return ", ".join(
        f"{user} (server process {pid}{f', since {age} s' if age is not None else ''})"
        for user, pid, age in found
    )
