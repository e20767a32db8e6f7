"""The places of rows of any client."""

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from psycopg import sql

from studio_sync.core.values.bounds import chunks
from studio_sync.core.values.kind import Kind, Kinds
from studio_sync.database.values.row import Whereabouts

if TYPE_CHECKING:
    from psycopg import Connection

_IDS_AT_ONCE = 5_000


def whereabouts(
    connection: "Connection[Any]", kinds: Kinds, kind: Kind, ids: Collection[str]
) -> dict[str, Whereabouts]:
    """The places of those rows of `kind` that the connected role can see, by id."""
    source, inner = sql.SQL("{} AS t").format(sql.Identifier(kind.table)), "t"
    slots, column, top = [("t", kind)], kind.parent_column, kind
    for number, above in enumerate(kinds.ancestors(kind)):
        alias = f"p{number}"
        source += sql.SQL(" JOIN {} AS {} ON {} = {}").format(
            sql.Identifier(above.table),
            sql.Identifier(alias),
            sql.Identifier(alias, "id"),
            sql.Identifier(inner, column),
        )
        inner, column, top = alias, above.parent_column, above
        slots.append((alias, above))
    names = [
        sql.SQL("{}::text").format(sql.Identifier(alias, above.slot.column))
        if above.slot
        else sql.Literal(above.name)
        for alias, above in reversed(slots)
    ]
    query = sql.SQL(
        "SELECT t.id::text, {top}::text, {slots} FROM {source} WHERE t.id = ANY(%s::uuid[])"
    ).format(top=sql.Identifier(inner, "id"), slots=sql.SQL(", ").join(names), source=source)
    found: dict[str, Whereabouts] = {}
    for part in chunks(sorted(ids), _IDS_AT_ONCE):
        for own, above_all, *key in connection.execute(query, (part,)):
            found[own] = Whereabouts(above_all, key[0] if top.slot else "", "/".join(map(str, key)))
    return found


def present_ids(connection: "Connection[Any]", kind: Kind, ids: Collection[str]) -> set[str]:
    """Those of the ids that rows of `kind` have, as far as the role can see."""
    query = sql.SQL("SELECT id::text FROM {} WHERE id = ANY(%s::uuid[])").format(sql.Identifier(kind.table))
    return {own for (own,) in connection.execute(query, (sorted(ids),))}


def rows_below(
    connection: "Connection[Any]", kind: Kind, parents: Collection[str]
) -> dict[tuple[str, str], str]:
    """The ids of the rows of `kind` below these, by (parent's id, slot); the top rows are below ""."""
    if kind.slot is None:
        return {}
    slot, table = sql.Identifier(kind.slot.column), sql.Identifier(kind.table)
    if not kind.parent:
        query = sql.SQL("SELECT '', {}::text, id::text FROM {}").format(slot, table)
        rows = connection.execute(query)
    else:
        query = sql.SQL(
            "SELECT {parent}::text, {slot}::text, id::text FROM {table} WHERE {parent} = ANY(%s::uuid[])"
        ).format(parent=sql.Identifier(kind.parent_column), slot=slot, table=table)
        rows = connection.execute(query, (sorted(parents),))
    return {(parent, name): own for parent, name, own in rows}
