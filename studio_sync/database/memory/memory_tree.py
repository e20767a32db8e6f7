"""The tree of rows in the in-memory store, and dependents in other tables."""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence

from studio_sync.core.plan.dependents import Dependents, Effect
from studio_sync.core.status.transition import NULL, StatusNode
from studio_sync.core.values.kind import STATUS, Kind, Kinds
from studio_sync.core.values.record import rid_of
from studio_sync.database.memory.stored import OtherRow, StoredRow
from studio_sync.database.memory.table_view import View, chain
from studio_sync.database.store import RowsByKind
from studio_sync.database.values.row import Row, Whereabouts


class MemoryTree:
    """Implements `StoreTree`."""

    def __init__(self, view: Callable[[], View], kinds: Kinds) -> None:
        self._view, self._kinds = view, kinds

    def present_ids(self, kind: Kind, ids: Collection[str]) -> set[str]:
        """Those of the ids that rows of `kind` have."""
        return set(ids) & self._view().table(kind.name).rows.keys()

    def rows_below(self, kind: Kind, parents: Collection[str]) -> dict[tuple[str, str], str]:
        """The ids of the rows of `kind` below these, by (parent's id, slot)."""
        table = self._view().table(kind.name)
        found = [r for p in parents for r in table.below(p)] if kind.parent else table.rows.values()
        return {(row.parent, row.slot): row.id for row in found}

    def whereabouts(self, kind: Kind, ids: Collection[str]) -> dict[str, Whereabouts]:
        """The places of those rows of `kind` that the role can see."""
        view, found = self._view(), dict[str, Whereabouts]()
        for own in ids:
            if (row := view.table(kind.name).rows.get(own)) is not None:
                line = list(chain(view, self._kinds, kind, row))
                key = "/".join(r.slot if r.kind.slot else r.kind.name for r in reversed(line))
                found[own] = Whereabouts(line[-1].id, line[-1].slot, key)
        return found

    def nodes_below(self, roots: RowsByKind) -> Iterator[StatusNode]:
        """Every descendant of these rows, parents first."""
        return map(_node, self._below(roots))

    def rows_under(self, roots: RowsByKind) -> Iterator[Row]:
        """The descendants as whole rows."""
        return (row.row for row in self._below(roots))

    def _below(self, roots: RowsByKind) -> Iterator[StoredRow]:
        above = {name: set(ids) for name, ids in roots.items()}
        for kind in self._kinds:
            table = self._view().table(kind.name)
            for parent in sorted(above.get(kind.parent, ())) if self._kinds.has_flow(kind) else ():
                for row in table.below(parent):
                    above.setdefault(kind.name, set()).add(row.id)
                    yield row

    def children(self, parents: RowsByKind) -> Iterator[StatusNode]:
        """Every child of these rows."""
        for kind in self._kinds:
            for parent in parents.get(kind.parent, ()):
                yield from map(_node, self._view().table(kind.name).below(parent))

    def dependents(self, doomed: RowsByKind) -> Sequence[Dependents]:
        """The rows of other tables that are deleted with these rows."""
        found = Counter(row.table for row in self.others_of(doomed))
        return [Dependents(t, Effect.DELETED, found[t], frozenset({t})) for t in sorted(found)]

    def others_of(self, doomed: RowsByKind) -> list[OtherRow]:
        """The rows of other tables that depend on these rows."""
        owners = {own for ids in doomed.values() for own in ids}
        return [row for row in self._view().others if row.owner in owners]


def _node(row: StoredRow) -> StatusNode:
    status = str(row.columns.get(STATUS) or NULL) if row.kind.flow else None
    return StatusNode(rid_of(row.kind, row.id, row.parent, row.slot), row.kind, row.parent, status)
