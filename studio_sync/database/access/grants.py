"""What the connected role was granted, and the functions that help it there.

Who isn't bound by grants of studio's has none: it works with the tables themselves.
"""

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from psycopg import sql

from studio_sync.core.values.kind import Kind, Kinds
from studio_sync.database.access.scoping import function
from studio_sync.database.values.role_grants import RoleGrants

if TYPE_CHECKING:
    from psycopg import Connection

_IDS_AT_ONCE = 5_000


def role_grants(connection: "Connection[Any]", kinds: Kinds) -> RoleGrants | None:
    """What the connected role was granted; None if no grant binds it."""
    top = kinds.children("")[0]
    row = connection.execute(
        "SELECT row_security_active(to_regclass(quote_ident(%s))::oid)"
        " AND has_function_privilege(to_regprocedure('studio_sync.my_access()')::oid, 'EXECUTE')",
        [top.table],
    ).fetchone()
    if not row or not row[0]:
        return None
    found = connection.execute(
        "SELECT top::text, slot, can FROM studio_sync.my_access() ORDER BY 2"
    ).fetchall()
    return RoleGrants({own: can for own, _, can in found}, {own: slot for own, slot, _ in found if slot})


def covered(
    connection: "Connection[Any]", kinds: Kinds, grants: RoleGrants | None, clients: Collection[str] | None
) -> frozenset[str] | None:
    """The rows at the top that a push covers, the role's among the workspace's; None: all there are."""
    if grants is not None:
        return frozenset(
            top
            for top in grants.levels
            if grants.may(top, "write") and (clients is None or grants.slots.get(top) in clients)
        )
    top = kinds.children("")[0]
    if clients is None or top.slot is None:
        return None
    query = sql.SQL("SELECT id::text FROM {} WHERE {}::text = ANY(%s)").format(
        sql.Identifier(top.table), sql.Identifier(top.slot.column)
    )
    return frozenset(own for (own,) in connection.execute(query, (sorted(clients),)))


def locking(kind: Kind) -> sql.Composed:
    """A query that locks rows of `kind` among the role's own: whatever status they have, and their tokens."""
    return sql.SQL("SELECT id::text, token FROM {}(%s::uuid[])").format(function(f"lock_{kind.table}"))


def recounting(kind: Kind) -> sql.Composed:
    """A query that brings the total of rows of `kind` up to date; the ids of those that it changed."""
    return sql.SQL("SELECT id::text FROM {}(%s::uuid[]) AS r (id)").format(function(f"recount_{kind.table}"))


def reordering(kind: Kind) -> sql.Composed:
    """A query that gives rows of `kind` new order values, where no two locked ones change places."""
    return sql.SQL("SELECT {}(%s::uuid[], %s::int[])").format(function(f"reorder_{kind.table}"))


def children_of(connection: "Connection[Any]", kind: Kind, ids: Sequence[str]) -> list[tuple[str, str]]:
    """(kind, id) of every row directly below these rows of `kind`, seen or not."""
    return connection.execute(
        "SELECT kind, id::text FROM studio_sync.below(%s, %s)", (kind.name, ids)
    ).fetchall()


def present(connection: "Connection[Any]", kind: Kind, ids: Collection[str]) -> set[str]:
    """Those of `ids` that are rows of `kind` among the role's own, seen or not."""
    found: set[str] = set()
    wanted = sorted(ids)
    for start in range(0, len(wanted), _IDS_AT_ONCE):
        part = wanted[start : start + _IDS_AT_ONCE]
        rows = connection.execute("SELECT studio_sync.present(%s, %s)::text", (kind.name, part))
        found.update(own for (own,) in rows)
    return found


def anywhere(connection: "Connection[Any]", kind: Kind, ids: Collection[str]) -> set[str]:
    """Those of `ids` that are rows of `kind`, whosever they are.

    Where the database was prepared by an older studio, which can't tell, all may be.
    """
    known = connection.execute("SELECT to_regprocedure('studio_sync.anywhere(text,uuid[])') IS NOT NULL")
    if known.fetchone() != (True,):
        return set(ids)
    found: set[str] = set()
    wanted = sorted(ids)
    for start in range(0, len(wanted), _IDS_AT_ONCE):
        part = wanted[start : start + _IDS_AT_ONCE]
        rows = connection.execute("SELECT studio_sync.anywhere(%s, %s)::text", (kind.name, part))
        found.update(own for (own,) in rows)
    return found
