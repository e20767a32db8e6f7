"""Descendants of rows with place and status, as the guards need them."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any
from uuid import UUID

from psycopg import Connection, sql

from studio_sync.core.status.transition import NULL, StatusNode
from studio_sync.core.values.bounds import chunks
from studio_sync.core.values.kind import STATUS, Kind, Kinds
from studio_sync.core.values.record import Rid, rid_of
from studio_sync.database.postgres.rows.row_reader import Rows
from studio_sync.database.values.row import Row

_IDS_AT_ONCE = 5_000


def rows_under(
    connection: Connection[Any], kinds: Kinds, roots: Mapping[str, Collection[Rid]]
) -> Iterator[Row]:
    """The descendants as whole rows."""
    ids: dict[str, list[bytes]] = {}
    for kind, own, _, _, _ in _descendants(connection, kinds, roots):
        ids.setdefault(kind.name, []).append(UUID(own).bytes)
    for name, wanted in ids.items():
        yield from Rows(connection, kinds, tokens=False).read(kinds[name], wanted)


def nodes_below(
    connection: Connection[Any], kinds: Kinds, roots: Mapping[str, Collection[Rid]]
) -> Iterator[StatusNode]:
    """Every descendant of the rows `roots` (ids by kind), parents first."""
    for kind, own, parent, slot, status in _descendants(connection, kinds, roots):
        yield StatusNode(rid_of(kind, own, parent, slot), kind, parent, status)


def _descendants(
    connection: Connection[Any], kinds: Kinds, roots: Mapping[str, Collection[Rid]]
) -> Iterator[tuple[Kind, str, str, str, str | None]]:
    """(kind, row id, parent's row id, slot, status) of each of them."""
    above: dict[str, set[str]] = {name: set(ids) for name, ids in roots.items()}
    for kind in kinds:
        parents = above.get(kind.parent)
        if not parents or not kinds.has_flow(kind):
            continue
        for own, parent, slot, status in _rows(connection, kind, sorted(parents)):
            above.setdefault(kind.name, set()).add(own)
            yield kind, own, parent, slot, status


def children(
    connection: Connection[Any], kinds: Kinds, parents: Mapping[str, Collection[str]]
) -> Iterator[StatusNode]:
    """Every child of the rows `parents` (ids by kind)."""
    for kind in kinds:
        above = parents.get(kind.parent)
        for own, parent, slot, status in _rows(connection, kind, sorted(above)) if above else ():
            yield StatusNode(rid_of(kind, own, parent, slot), kind, parent, status)


def _rows(
    connection: Connection[Any], kind: Kind, parents: list[str]
) -> Iterator[tuple[str, str, str, str | None]]:
    query = sql.SQL(
        "SELECT id::text, {parent}::text, {slot}, {status} FROM {table} WHERE {parent} = ANY(%s::uuid[])"
    ).format(
        parent=sql.Identifier(kind.parent_column),
        slot=sql.SQL("{}::text").format(sql.Identifier(kind.slot.column)) if kind.slot else sql.SQL("''"),
        status=sql.SQL("coalesce({}::text, {})").format(sql.Identifier(STATUS), sql.Literal(NULL))
        if kind.flow
        else sql.SQL("NULL"),
        table=sql.Identifier(kind.table),
    )
    for part in chunks(parents, _IDS_AT_ONCE):
        with connection.cursor() as cursor:
            yield from cursor.execute(query, (part,))
