"""Where rows stand in PostgreSQL, and what hangs on them."""

from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from studio_sync.core.plan.dependents import Dependents
from studio_sync.core.status.transition import StatusNode
from studio_sync.core.values.kind import Kind, Kinds
from studio_sync.database.postgres.rows import descendants, whereabouts
from studio_sync.database.postgres.rows.foreign_keys import DependentCounter
from studio_sync.database.store import RowsByKind
from studio_sync.database.values.row import Whereabouts

if TYPE_CHECKING:
    from psycopg import Connection


class PostgresTree:
    """Keeps `StoreTree`."""

    def __init__(self, connection: "Connection[Any]", kinds: Kinds) -> None:
        self._connection, self._kinds = connection, kinds

    def present_ids(self, kind: Kind, ids: Collection[str]) -> set[str]:
        """Those of the ids that rows of `kind` have."""
        return whereabouts.present_ids(self._connection, kind, ids)

    def rows_below(self, kind: Kind, parents: Collection[str]) -> dict[tuple[str, str], str]:
        """The ids of the rows of `kind` below these."""
        return whereabouts.rows_below(self._connection, kind, parents)

    def whereabouts(self, kind: Kind, ids: Collection[str]) -> dict[str, Whereabouts]:
        """The places of those rows of `kind` that are seen."""
        return whereabouts.whereabouts(self._connection, self._kinds, kind, ids)

    def nodes_below(self, roots: RowsByKind) -> Iterator[StatusNode]:
        """Every row below these, parents first."""
        return descendants.nodes_below(self._connection, self._kinds, roots)

    def children(self, parents: RowsByKind) -> Iterator[StatusNode]:
        """Every row next below these."""
        return descendants.children(self._connection, self._kinds, parents)

    def dependents(self, doomed: RowsByKind) -> Sequence[Dependents]:
        """What of other tables a deletion of these rows would take along, change, or be stopped by."""
        return DependentCounter(self._connection, self._kinds).count(doomed)
