"""Row-level security checks: tables of which this role can't see any row."""

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from psycopg import Connection

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
