"""The tree of rows in PostgreSQL, and dependents in other tables."""

from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from psycopg import Connection, sql

from studio_sync.core.status.transition import StatusNode
from studio_sync.core.values.bounds import chunks
from studio_sync.core.values.kind import Kind, Kinds
from studio_sync.database.postgres.rows.joined_tables import joined, table_alias
from studio_sync.database.values.row import Whereabouts

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
            source=joined(chain),
        )
        found: dict[str, Whereabouts] = {}
        for part in chunks(sorted(ids), _IDS_AT_ONCE):
            for own, above_all, *key in self._connection.execute(query, (part,)):
                found[own] = Whereabouts(above_all, key[0] if chain[-1].slot else "", "/".join(map(str, key)))
        return found

    def nodes_below(self, roots: "RowsByKind") -> Iterator[StatusNode]:
        """Every descendant of these rows, parents first."""
        from studio_sync.database.postgres.rows import descendants

        return descendants.nodes_below(self._connection, self._kinds, roots)

    def children(self, parents: "RowsByKind") -> Iterator[StatusNode]:
        """Every child of these rows."""
        from studio_sync.database.postgres.rows import descendants

        return descendants.children(self._connection, self._kinds, parents)

    def dependents(self, doomed: "RowsByKind") -> Sequence["Dependents"]:
        """Rows of other tables that a deletion of these rows would delete or change, or that forbid it."""
        from studio_sync.database.postgres.rows.foreign_keys import DependentCounter

        return DependentCounter(self._connection, self._kinds).count(doomed)
