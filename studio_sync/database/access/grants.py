"""The connected role's grants, and the functions that help a bound role.

A role without grants of studio's isn't bound, and uses the tables directly.
"""

from collections.abc import Collection, Sequence
from shlex import quote
from typing import TYPE_CHECKING, Any, LiteralString

from psycopg import Connection, sql

from studio_sync.core.values.bounds import chunks
from studio_sync.core.values.kind import Kind, Kinds
from studio_sync.database.access.policies import hidden_tables
from studio_sync.database.postgres.connection.one_value import one_value
from studio_sync.database.values.sql_name import sql_name
from studio_sync.errors import UnavailableError

if TYPE_CHECKING:
    from studio_sync.database.values.role_grants import RoleGrants

_IDS_AT_ONCE = 5_000


def role_grants(connection: Connection[Any], kinds: Kinds) -> "RoleGrants | None":
    """The connected role's grants; None if no grant binds it."""
    top = kinds.children("")[0]
    bound = (
        "SELECT row_security_active(to_regclass(quote_ident(%s))::oid)"
        " AND has_function_privilege(to_regprocedure('studio_sync.my_access()')::oid, 'EXECUTE')"
    )
    if not one_value(connection, bound, [top.table]):
        return None
    from studio_sync.database.values.role_grants import RoleGrants

    found = connection.execute(
        "SELECT top::text, slot, can FROM studio_sync.my_access() ORDER BY 2"
    ).fetchall()
    return RoleGrants({own: can for own, _, can in found}, {own: slot for own, slot, _ in found if slot})


def locking(kind: Kind) -> sql.Composed:
    """A query that locks rows of `kind` among the role's own, of any status, and returns their tokens."""
    from studio_sync.database.access.scoping import function

    return sql.SQL("SELECT id::text, token FROM {}(%s::uuid[])").format(function(f"lock_{kind.table}"))


def recounting(kind: Kind) -> sql.Composed:
    """A query that updates the totals of rows of `kind`, and returns the ids of those changed."""
    from studio_sync.database.access.scoping import function

    return sql.SQL("SELECT id::text FROM {}(%s::uuid[]) AS r (id)").format(function(f"recount_{kind.table}"))


def reordering(kind: Kind) -> sql.Composed:
    """A query that sets order values of rows of `kind`, unless two locked ones would change places."""
    from studio_sync.database.access.scoping import function

    return sql.SQL("SELECT {}(%s::uuid[], %s::int[])").format(function(f"reorder_{kind.table}"))


def children_of(connection: Connection[Any], kind: Kind, ids: Sequence[str]) -> list[tuple[str, str]]:
    """(kind, id) of every child of these rows of `kind`, visible or not."""
    return connection.execute(
        "SELECT kind, id::text FROM studio_sync.below(%s, %s)", (kind.name, ids)
    ).fetchall()


class PostgresAccess:
    """Implements `StoreAccess` by row-level security and studio's own grants."""

    def __init__(self, connection: Connection[Any], kinds: Kinds) -> None:
        self._connection, self._kinds = connection, kinds

    def grants(self) -> "RoleGrants | None":
        """The role's grants; None if no grant binds it."""
        return role_grants(self._connection, self._kinds)

    def hold_visible(self, label: str, secured: Collection[str], held: "RoleGrants | None") -> None:
        """Raise UnavailableError, naming the missing grant, if every row of a table is hidden."""
        user, hides = self._connection.info.user, "row-level security hides every row"
        way = f"who runs the database can grant it a client: studio db grant {quote(user)} --client SLUG"
        if held and not held.levels:
            raise UnavailableError(
                f"{label}: row-level security hides every row from the role {user}: it was granted nothing",
                way,
            )
        if hidden := hidden_tables(self._connection, secured):
            raise UnavailableError(
                f"{label}: {hides} of {', '.join(hidden)} from the role {user}: no policy lets it read them",
                f"{way}; or add a policy to each, for example:"
                f" CREATE POLICY everything ON {hidden[0]} TO {sql_name(user)} USING (true)",
            )

    def covered(self, held: "RoleGrants | None", clients: Collection[str] | None) -> frozenset[str] | None:
        """The top rows that a push covers: the role's among the workspace's; None: all."""
        if held is not None:
            return held.writable(clients)
        top = self._kinds.children("")[0]
        if clients is None or top.slot is None:
            return None
        query = sql.SQL("SELECT id::text FROM {} WHERE {}::text = ANY(%s)").format(
            sql.Identifier(top.table), sql.Identifier(top.slot.column)
        )
        return frozenset(own for (own,) in self._connection.execute(query, (sorted(clients),)))

    def present(self, kind: Kind, ids: Collection[str]) -> set[str]:
        """Those of `ids` that are rows of `kind` of a bound role's own clients, visible or not."""
        return self._those("SELECT studio_sync.present(%s, %s)::text", kind, ids)

    def anywhere(self, kind: Kind, ids: Collection[str]) -> set[str]:
        """Those of `ids` that are rows of `kind` of any client.

        All of them, if the database was prepared by an older version of studio, which can't tell.
        """
        known = "SELECT to_regprocedure('studio_sync.anywhere(text,uuid[])') IS NOT NULL"
        if not one_value(self._connection, known):
            return set(ids)
        return self._those("SELECT studio_sync.anywhere(%s, %s)::text", kind, ids)

    def _those(self, query: LiteralString, kind: Kind, ids: Collection[str]) -> set[str]:
        found: set[str] = set()
        for part in chunks(sorted(ids), _IDS_AT_ONCE):
            found.update(own for (own,) in self._connection.execute(query, (kind.name, part)))
        return found
