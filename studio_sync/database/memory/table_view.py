"""Views of the in-memory tables: as committed, or limited to a role's grants."""

from collections.abc import Iterator
from typing import Protocol

from studio_sync.core.values.kind import Kind, Kinds
from studio_sync.database.memory.stored import OtherRow, StoredRow, Table
from studio_sync.database.values.role_grants import RoleGrants


class View(Protocol):
    """Tables by the name of their kind."""

    def table(self, kind: str) -> Table:
        """The rows of a kind."""

    @property
    def others(self) -> tuple[OtherRow, ...]:
        """The rows of other tables."""


class GrantedView:
    """The rows below the top rows that were granted to a role."""

    def __init__(self, view: View, kinds: Kinds, grants: RoleGrants) -> None:
        self._view, self._kinds, self._grants = view, kinds, grants

    def table(self, kind: str) -> Table:
        """The rows of a kind without those of other clients."""
        known = self._kinds[kind]
        found = self._view.table(kind).rows.values()
        return Table(
            {r.id: r for r in found if top_of(self._view, self._kinds, known, r) in self._grants.levels}
        )

    @property
    def others(self) -> tuple[OtherRow, ...]:
        """The rows of other tables: grants are of the kinds'."""
        return self._view.others


def chain(view: View, kinds: Kinds, kind: Kind, row: StoredRow) -> Iterator[StoredRow]:
    """A row and its ancestors, up to the top."""
    yield row
    for above in kinds.ancestors(kind):
        found = view.table(above.name).rows.get(row.parent)
        if found is None:
            return
        row = found
        yield row


def top_of(view: View, kinds: Kinds, kind: Kind, row: StoredRow) -> str:
    """The id of a row's topmost ancestor, or its own."""
    return list(chain(view, kinds, kind, row))[-1].id


def of_clients(view: View, kinds: Kinds, clients: tuple[str, ...] | None) -> dict[str, Table]:
    """The rows below the top rows with these slots; None: all."""
    if clients is None:
        return {kind.name: view.table(kind.name) for kind in kinds}
    found: dict[str, Table] = {}
    for kind in kinds:
        table = view.table(kind.name)
        if kind.parent:
            above = found[kind.parent].rows
            found[kind.name] = Table({own: r for own, r in table.rows.items() if r.parent in above})
        else:
            found[kind.name] = Table({own: r for own, r in table.rows.items() if r.slot in clients})
    return found
