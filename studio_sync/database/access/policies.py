"""Row-level security checks: tables of which this role can't see any row."""

from collections.abc import Collection
from shlex import quote
from typing import TYPE_CHECKING, Any

from studio_sync.errors import UnavailableError

if TYPE_CHECKING:
    from psycopg import Connection

    from studio_sync.database.values.role_grants import RoleGrants

_QUERY = """
SELECT c.relname
FROM pg_class AS c
JOIN unnest(%s::text[]) AS given (name) ON c.oid = to_regclass(quote_ident(given.name))
WHERE row_security_active(c.oid) AND NOT EXISTS (
    SELECT FROM pg_policy AS p
    WHERE p.polrelid = c.oid AND p.polpermissive AND p.polcmd IN ('r', '*') AND EXISTS (
        SELECT FROM unnest(p.polroles) AS r (id) WHERE r.id = 0 OR pg_has_role(r.id, 'USAGE')
    )
)
ORDER BY c.relname
"""


def hidden_tables(connection: "Connection[Any]", tables: Collection[str]) -> list[str]:
    """Those of `tables` from which no policy lets the connected role read a row.

    Reading such a table gives no rows and no error, as if it were empty.
    """
    if not tables:
        return []
    return [name for (name,) in connection.execute(_QUERY, (sorted(tables),))]


def hold_visible(
    connection: "Connection[Any]", label: str, secured: Collection[str], grants: "RoleGrants | None"
) -> None:
    """Raise UnavailableError, naming the missing grant, if every row of a table is hidden."""
    if grants and not grants.levels:
        user = connection.info.user
        raise UnavailableError(
            f"{label}: row-level security hides every row from the role {user}: it was granted nothing",
            f"who runs the database can grant it a client: studio db grant {quote(user)} --client SLUG",
        )
    if hidden := hidden_tables(connection, secured):
        user = connection.info.user
        raise UnavailableError(
            f"{label}: row-level security hides every row of {', '.join(hidden)} from the role {user}:"
            " no policy lets it read them",
            f"who runs the database can grant it a client: studio db grant {quote(user)} --client SLUG; or"
            " add a policy to each, for example:"
            f" CREATE POLICY everything ON {hidden[0]} TO {user} USING (true)",
        )
