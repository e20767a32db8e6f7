"""Reading the server history: which database, timeline and server run the transaction ids belong to."""

from typing import Any, LiteralString

from psycopg import Connection, errors, sql

from studio_sync.database.postgres.connection.capabilities import capabilities
from studio_sync.database.values.store_facts import ServerHistory

_ALLOWED: LiteralString = "coalesce(has_function_privilege(to_regprocedure({}), 'EXECUTE'), false)"
_SYSTEM = ("pg_control_system()",)
# Not from the control file, which has the old timeline for a while after a promotion.
_TIMELINE = ("pg_walfile_name(pg_lsn)", "pg_current_wal_insert_lsn()")
_STARTED = ("pg_postmaster_start_time()",)
_TARGETS = ("", "_time", "_xid", "_lsn", "_name")
"""The endings of the settings that tell a recovery where to end. A failover sets none of them."""


def read_history(connection: Connection[Any], *, restarts: bool = True) -> ServerHistory:
    """The history that this transaction belongs to. Without `restarts`, a restart doesn't begin a new one.

    It needs no privilege beyond PostgreSQL's defaults; parts that the server refuses, or lacks, are left
    out.
    """
    has = capabilities(connection)
    asked = sql.SQL(
        "SELECT d.oid::text, {}, pg_is_in_recovery(), concat({}) <> '', {}"
        " FROM pg_database AS d WHERE d.datname = current_database()"
    ).format(
        sql.SQL("pg_snapshot_xmax(pg_current_snapshot())::text" if has.transaction_ids else "'0'"),
        sql.SQL(", ").join(
            sql.SQL("current_setting({}, true)").format(sql.Literal(f"recovery_target{end}"))
            for end in _TARGETS
        ),
        sql.SQL(", ").join(
            sql.SQL(" AND ").join(sql.SQL(_ALLOWED).format(sql.Literal(name)) for name in names)
            for names in (_SYSTEM, _TIMELINE, _STARTED)
        ),
    )
    row = connection.execute(asked).fetchone()
    if row is None:
        return ServerHistory("", "", "", 0, restarts=restarts)
    oid, horizon, standby, restored, system, timeline, started = row
    history = ("", "", "")
    if system and has.control_functions:
        history = _read_history(connection, timeline=timeline and not standby, started=started)
    name, line, start = history
    return ServerHistory(
        f"{name}/{oid}" if name else "",
        line,
        start if restarts or standby else "",
        int(horizon),
        standby,
        restarts,
        restored,
    )


def _read_history(connection: Connection[Any], *, timeline: bool, started: bool) -> tuple[str, str, str]:
    """The server's system identifier, its timeline, and when it was started."""
    query = sql.SQL("SELECT system_identifier::text, {}, {} FROM pg_control_system()").format(
        sql.SQL("substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8)" if timeline else "''"),
        sql.SQL("extract(epoch FROM pg_postmaster_start_time())::text" if started else "''"),
    )
    try:
        with connection.transaction():
            row = connection.execute(query).fetchone()
    except (
        errors.ProgrammingError,
        errors.NotSupportedError,
        errors.InternalError,
        errors.ObjectNotInPrerequisiteState,
    ):
        # Some servers have the function and refuse to run it.
        return "", "", ""
    return (row[0], row[1], row[2]) if row else ("", "", "")
