"""The tree of rows in PostgreSQL, and dependents in other tables."""

from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from studio_sync.core.status.transition import StatusNode
from studio_sync.core.values.kind import Kind, Kinds
from studio_sync.database.postgres.rows import descendants, whereabouts
from studio_sync.database.values.row import Whereabouts

if TYPE_CHECKING:
    from psycopg import Connection

    from studio_sync.core.plan.dependents import Dependents
    from studio_sync.database.store import RowsByKind


class PostgresTree:
    """Implements `StoreTree`."""

    def __init__(self, connection: "Connection[Any]", kinds: Kinds) -> None:
        self._connection, self._kinds = connection, kinds

    def present_ids(self, kind: Kind, ids: Collection[str]) -> set[str]:
        """Those of the ids that rows of `kind` have."""
        return whereabouts.present_ids(self._connection, kind, ids)

    def rows_below(self, kind: Kind, parents: Collection[str]) -> dict[tuple[str, str], str]:
        """The ids of the rows of `kind` below these."""
        return whereabouts.rows_below(self._connection, kind, parents)

    def whereabouts(self, kind: Kind, ids: Collection[str]) -> dict[str, Whereabouts]:
        """The places of those rows of `kind` that the role can see."""
        return whereabouts.whereabouts(self._connection, self._kinds, kind, ids)

    def nodes_below(self, roots: "RowsByKind") -> Iterator[StatusNode]:
        """Every descendant of these rows, parents first."""
        return descendants.nodes_below(self._connection, self._kinds, roots)

    def children(self, parents: "RowsByKind") -> Iterator[StatusNode]:
        """Every child of these rows."""
        return descendants.children(self._connection, self._kinds, parents)

    def dependents(self, doomed: "RowsByKind") -> Sequence["Dependents"]:
        """Rows of other tables that a deletion of these rows would delete or change, or that forbid it."""
        from studio_sync.database.postgres.rows.foreign_keys import DependentCounter

        return DependentCounter(self._connection, self._kinds).count(doomed)
