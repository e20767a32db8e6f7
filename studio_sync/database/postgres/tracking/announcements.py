"""LISTEN for change tracking: the triggers announce that some row has changed."""

import select
from typing import TYPE_CHECKING, Any

from psycopg import sql

from studio_sync.database.postgres.connection.server_info import examine
from studio_sync.database.postgres.tracking.change_triggers import CHANNEL
from studio_sync.database.postgres.tracking.tracking_exam import is_tracked

if TYPE_CHECKING:
    from psycopg import Connection


def listen(connection: "Connection[Any]") -> bool:
    """Start listening, if that works: changes are announced, and this connection receives notifications.

    Behind a pooler another session would receive them.
    """
    server = examine(connection)
    if server.pooled or server.standby or not is_tracked(connection):
        return False
    connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(CHANNEL)))
    return True


def heard(connection: "Connection[Any]", seconds: float) -> bool:
    """Whether something was announced since the last call; waits for that so long."""
    if not select.select([connection.pgconn.socket], [], [], seconds)[0]:
        return False
    connection.pgconn.consume_input()
    found = False
    while connection.pgconn.notifies() is not None:
        found = True
    return found
