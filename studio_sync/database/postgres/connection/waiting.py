"""Lock waits: a lock timeout for each transaction, and who holds the locks."""

from contextlib import suppress
from typing import Any

from psycopg import Connection, Error, errors

from studio_sync.core.values.kind import Kinds
from studio_sync.errors import StudioError, UnavailableError

LOCK_TIMEOUT = "30s"
"""How long a statement waits for a lock, unless the role has a limit of its own."""

_PREPARED = "prepared transaction"

EXAM_TIMEOUT = "5s"
"""The lock timeout of the doctor: after it, the doctor names the lock holders and continues."""

_HOLDERS = """
WITH held AS (
    SELECT l.pid, l.virtualtransaction, CASE WHEN l.mode = 'AccessShareLock' THEN 2 ELSE 0 END AS rank
    FROM pg_catalog.pg_locks AS l
    WHERE l.granted AND l.locktype = 'relation'
      AND l.database = (SELECT d.oid FROM pg_catalog.pg_database AS d WHERE d.datname = current_database())
      AND (l.relation IN (SELECT to_regclass(quote_ident(t)) FROM unnest(%s::text[]) AS t)
           OR l.relation IN (
               SELECT c.oid FROM pg_catalog.pg_class AS c
               JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace AND n.nspname = 'studio_sync'
           ))
    UNION ALL
    -- Rows of the catalogue, such as a grant changes, are held by who changed them and has not ended.
    SELECT l.pid, l.virtualtransaction, 1
    FROM pg_catalog.pg_locks AS l
    WHERE l.granted AND l.locktype = 'transactionid' AND l.mode = 'ExclusiveLock'
)
SELECT who, process, extract(epoch FROM now() - min(began))::int FROM (
    SELECT coalesce(a.usename::text, 'somebody') AS who, a.pid AS process, a.xact_start AS began, h.rank
    FROM held AS h JOIN pg_catalog.pg_stat_activity AS a ON a.pid = h.pid
    WHERE a.datname = current_database() AND a.pid <> pg_backend_pid()
    UNION ALL
    SELECT p.owner::text, NULL, p.prepared, h.rank
    FROM held AS h
    JOIN pg_catalog.pg_locks AS own ON own.virtualtransaction = h.virtualtransaction AND own.pid IS NULL
    JOIN pg_catalog.pg_prepared_xacts AS p ON p.transaction = own.transactionid
    WHERE h.pid IS NULL AND p.database = current_database()
) AS found
GROUP BY who, process
ORDER BY min(rank), min(began)
LIMIT 3
"""


def bound_waiting(connection: Connection[Any], limit: str = "") -> None:
    """Limit the lock waits of this transaction's statements to `limit`, or to LOCK_TIMEOUT.

    Cursors are fetched to their end: planned for their first rows, they may scan the rows of others.
    """
    connection.execute(
        "SELECT CASE WHEN current_setting('lock_timeout') = '0'"
        " THEN set_config('lock_timeout', %s, true) END,"
        " CASE WHEN current_setting('cursor_tuple_fraction', true) IS NOT NULL"
        " THEN set_config('cursor_tuple_fraction', '1', true) END",
        [limit or LOCK_TIMEOUT],
    )


def holders(connection: Connection[Any], kinds: Kinds) -> str:
    """Who has transactions open on the tables: `mia (server process 4711, since 12 s)`; "" if nobody."""
    return ", ".join(_held_by(connection, kinds))


def _held_by(connection: Connection[Any], kinds: Kinds) -> list[str]:
    found = connection.execute(_HOLDERS, [[kind.table for kind in kinds]]).fetchall()
    return [
        f"{user} ({_PREPARED if pid is None else f'server process {pid}'}"
        f"{f', since {age} s' if age is not None else ''})"
        for user, pid, age in found
    ]


def held_up(connection: Connection[Any], kinds: Kinds, label: str, error: StudioError) -> StudioError:
    """The error; after a lock timeout, one that names the lock holders, and how to end their transactions."""
    if not isinstance(error.__cause__, errors.LockNotAvailable):
        return error
    with suppress(Error):
        if who := _held_by(connection, kinds):
            ends = [] if all(_PREPARED in one for one in who) else ["SELECT pg_terminate_backend(PROCESS)"]
            if any(_PREPARED in one for one in who):
                ends.append("ROLLBACK PREPARED 'NAME' (SELECT gid FROM pg_prepared_xacts)")
            return UnavailableError(
                f"{label}: somebody else's transaction holds what is needed: {', '.join(who)}",
                f"try again when it has ended; who runs the database can end it: {'; '.join(ends)}",
            )
    return error
