"""Which database this is, and whether it went back in time."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from psycopg import Connection


def lineage_of(connection: "Connection[Any]") -> tuple[str, int]:
    """(a name that no other database has, the number of the next transaction), inside a transaction.

    The name tells a recreated database from the one before, and is "" where the server won't tell; a
    smaller transaction number under the same name tells one that was set back.
    """
    row = connection.execute(
        "SELECT d.oid::text, pg_snapshot_xmax(pg_current_snapshot())::text,"
        " has_function_privilege('pg_control_system()', 'EXECUTE')"
        " FROM pg_database AS d WHERE d.datname = current_database()"
    ).fetchone()
    if row is None:
        return "", 0
    oid, horizon, allowed = row
    system = ""
    if allowed:
        found = connection.execute("SELECT system_identifier::text FROM pg_control_system()").fetchone()
        system = found[0] if found else ""
    return (f"{system}/{oid}" if system else ""), int(horizon)
