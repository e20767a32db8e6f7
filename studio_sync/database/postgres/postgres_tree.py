"""The tree of rows in PostgreSQL, and dependents in other tables."""

from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from psycopg import Connection, sql

from studio_sync.core.status.transition import NULL, StatusNode
from studio_sync.core.values.bounds import chunks
from studio_sync.core.values.kind import STATUS, Kind, Kinds
from studio_sync.core.values.record import rid_of
from studio_sync.database.postgres.rows.joined_tables import joined_chain, table_alias
from studio_sync.database.postgres.rows.row_reader import Rows
from studio_sync.database.values.row import Row, Whereabouts

if TYPE_CHECKING:
    from studio_sync.core.plan.dependents import Dependents
    from studio_sync.database.store import RowsByKind

_IDS_AT_ONCE = 5_000


class PostgresTree:
    """Implements `StoreTree`."""

    def __init__(self, connection: Connection[Any], kinds: Kinds) -> None:
        self._connection, self._kinds = connection, kinds

    def present_ids(self, kind: Kind, ids: Collection[str]) -> set[str]:
        """Those of the ids that rows of `kind` have, as far as the role can see."""
        query = sql.SQL("SELECT id::text FROM {} WHERE id = ANY(%s::uuid[])").format(
            sql.Identifier(kind.table)
        )
        return {own for (own,) in self._connection.execute(query, (sorted(ids),))}

    def rows_below(self, kind: Kind, parents: Collection[str]) -> dict[tuple[str, str], str]:
        """The ids of the rows of `kind` below these, by (parent's id, slot); the top rows are below ""."""
        slot = sql.Identifier(kind.slot.column) if kind.slot else sql.Literal("")
        table = sql.Identifier(kind.table)
        if not kind.parent:
            query = sql.SQL("SELECT '', {}::text, id::text FROM {}").format(slot, table)
            rows = self._connection.execute(query)
        else:
            query = sql.SQL(
                "SELECT {parent}::text, {slot}::text, id::text FROM {table} WHERE {parent} = ANY(%s::uuid[])"
            ).format(parent=sql.Identifier(kind.parent_column), slot=slot, table=table)
            rows = self._connection.execute(query, (sorted(parents),))
        return {(parent, name): own for parent, name, own in rows}

    def whereabouts(self, kind: Kind, ids: Collection[str]) -> dict[str, Whereabouts]:
        """The places of those rows of `kind` that the role can see, by id."""
        chain = (kind, *self._kinds.ancestors(kind))
        names = [
            sql.SQL("{}::text").format(sql.Identifier(table_alias(place), above.slot_column))
            if above.slot
            else sql.Literal(above.name)
            for place, above in reversed([*enumerate(chain)])
        ]
        query = sql.SQL(
            "SELECT t.id::text, {top}::text, {slots} FROM {source} WHERE t.id = ANY(%s::uuid[])"
        ).format(
            top=sql.Identifier(table_alias(len(chain) - 1), "id"),
            slots=sql.SQL(", ").join(names),
            source=joined_chain(chain),
        )
        found: dict[str, Whereabouts] = {}
        for part in chunks(sorted(ids), _IDS_AT_ONCE):
            for own, above_all, *key in self._connection.execute(query, (part,)):
                found[own] = Whereabouts(above_all, key[0] if chain[-1].slot else "", "/".join(map(str, key)))
        return found

    def nodes_below(self, roots: "RowsByKind") -> Iterator[StatusNode]:
        """Every descendant of these rows, parents first."""
        for kind, own, parent, slot, status in self._descendants(roots):
            yield StatusNode(rid_of(kind, own, parent, slot), kind, parent, status)

    def rows_under(self, roots: "RowsByKind") -> Iterator[Row]:
        """The descendants as whole rows."""
        ids: dict[str, list[bytes]] = {}
        for kind, own, *_ in self._descendants(roots):
            ids.setdefault(kind.name, []).append(UUID(own).bytes)
        for name, wanted in ids.items():
            yield from Rows(self._connection, self._kinds, tokens=False).read(self._kinds[name], wanted)

    def _descendants(self, roots: "RowsByKind") -> Iterator[tuple[Kind, str, str, str, str | None]]:
        """(kind, row id, parent's row id, slot, status) of each descendant."""
        above: dict[str, set[str]] = {name: set(ids) for name, ids in roots.items()}
        for kind in self._kinds:
            parents = above.get(kind.parent)
            if not parents or not self._kinds.has_flow(kind):
                continue
            for own, parent, slot, status in self._children(kind, parents):
                above.setdefault(kind.name, set()).add(own)
                yield kind, own, parent, slot, status

    def children(self, parents: "RowsByKind") -> Iterator[StatusNode]:
        """Every child of these rows."""
        for kind in self._kinds:
            above = parents.get(kind.parent)
            for own, parent, slot, status in self._children(kind, above) if above else ():
                yield StatusNode(rid_of(kind, own, parent, slot), kind, parent, status)

    def _children(self, kind: Kind, parents: Collection[str]) -> Iterator[tuple[str, str, str, str | None]]:
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
        for part in chunks(sorted(parents), _IDS_AT_ONCE):
            yield from self._connection.execute(query, (part,))

    def dependents(self, doomed: "RowsByKind") -> Sequence["Dependents"]:
        """Rows of other tables that a deletion of these rows would delete or change, or that forbid it."""
        from studio_sync.database.postgres.rows.foreign_keys import DependentCounter

        return DependentCounter(self._connection, self._kinds).count(doomed)
