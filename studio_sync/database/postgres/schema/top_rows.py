"""The rows of the top kind, the clients, by the slugs that people name them by."""

from collections.abc import Sequence

from psycopg import Connection, sql

from studio_sync.core.values.kind import Kind
from studio_sync.errors import UsageError


def ids_of(connection: Connection, top: Kind, slots: Sequence[str], schema: str = "") -> list[str]:
    """The ids of the rows that `slots` name, in `schema` or where the search path leads.

    Raises UsageError for one of which the role sees no row.
    """
    column = sql.Identifier(top.slot_column or "id")
    table = sql.Identifier(*filter(None, (schema, top.table)))
    query = sql.SQL("SELECT {slot}::text, id::text FROM {table} ORDER BY 1").format(slot=column, table=table)
    known: dict[str, str] = dict(connection.execute(query).fetchall())
    if missing := [slot for slot in slots if slot not in known]:
        raise UsageError(
            f"the database has no {top.name} {', '.join(missing)}", f"it has: {', '.join(known) or 'none'}"
        )
    return [known[slot] for slot in dict.fromkeys(slots)]
