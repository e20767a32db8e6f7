"""Dependents deleted or changed by cascade in a push: counted again under lock, and kept in the ledger."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from studio_sync.core.plan.dependents import Dependents
from studio_sync.core.plan.plan import Change
from studio_sync.core.values.kind import Kinds
from studio_sync.core.values.value import quoted_bytes
from studio_sync.database.values.failures import StaleError
from studio_sync.database.writing.deleted_trees import deleted_trees, rows_by_kind
from studio_sync.errors import RefusedError

if TYPE_CHECKING:
    from psycopg import Connection

_MOST = 24 << 20
"""The most bytes of such rows that the ledger keeps with one deleted record."""


def cascaded_rows(
    connection: "Connection[Any]", kinds: Kinds, changes: Sequence[Change], confirmed: Sequence[Dependents]
) -> dict[str, bytes]:
    """The dependents as a JSON object of lists by table, for each topmost deleted row.

    Call it with the deleted rows locked: from then on no further row can reference them. Raises StaleError
    if more rows depend on them than were counted and confirmed.
    """
    trees = list(deleted_trees(changes))
    if not trees:
        return {}
    from studio_sync.database.postgres.rows.foreign_keys import DependentCounter

    counter = DependentCounter(connection, kinds)
    allowed = {(d.table, d.effect): d.rows for d in confirmed if d.confirmable}
    found = counter.count(rows_by_kind(c for tree in trees for c in tree))
    for dependents in found:
        if dependents.rows > allowed.get((dependents.table, dependents.effect), -1):
            raise StaleError(f"rows to delete are referenced by {dependents}")
    kept: dict[str, bytes] = {}
    for tree in trees if found else ():
        counter.count(rows_by_kind(tree))
        text = _object(counter.rows())
        if len(text) > _MOST:
            tables = ", ".join(d.table for d in found)
            raise RefusedError(
                f"with {tree[0].path} more rows of {tables} would go than the ledger keeps"
                f" ({_MOST >> 20} MiB); nothing was changed",
                "save them and delete them first, where they were made",
            )
        if text != b"{}":
            kept[tree[0].row_id] = text
    return kept


def _object(rows: Mapping[str, Sequence[bytes]]) -> bytes:
    """In an order in which they can be inserted again: referenced rows first."""
    items = (
        quoted_bytes(name.encode()) + b": [" + b", ".join(items_of) + b"]" for name, items_of in rows.items()
    )
    return b"{" + b", ".join(items) + b"}"
