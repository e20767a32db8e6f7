"""Order values that a push gives to rows among their siblings."""

from collections.abc import Callable, Collection, Mapping, Sequence

from studio_sync.core.plan.plan import Change
from studio_sync.core.plan.reconcile import Action
from studio_sync.core.values.kind import Kind
from studio_sync.core.values.order import settle_orders
from studio_sync.database.writing.row_documents import RowWriter, row_values, states_order

Siblings = Callable[[Kind, Collection[str]], Mapping[str, Sequence[tuple[str, str, int]]]]
"""Returns (row id, slot, order value) of the rows below each parent."""


def new_orders(
    kind: Kind, changes: Sequence[Change], content: RowWriter, siblings: Siblings
) -> dict[str, int]:
    """New order values, by row id, below every parent that gets a row or a new number.

    `siblings` is called before any change is written.
    """
    if kind.order is None:
        return {}
    placed = [c for c in changes if c.after and (c.action is Action.CREATE or c.moves)]
    parents = {c.after.parent for c in placed if c.after}
    by_id = {c.row_id for c in changes}
    coming: dict[str, list[Change]] = {}
    for change in changes:
        if change.after:
            coming.setdefault(change.after.parent, []).append(change)
    orders: dict[str, int] = {}
    present = siblings(kind, parents)
    for parent in sorted(parents):
        before = present.get(parent, [])
        after = {own: slot for own, slot, _ in before if own not in by_id}
        stated: dict[str, int] = {}
        for change in coming[parent]:
            after[change.row_id] = change.after.slot if change.after else ""
            if states_order(change) and (change.action is Action.CREATE or kind.order.name in change.fields):
                value = row_values(content(change)).get(kind.order.name)
                if isinstance(value, int):
                    stated[change.row_id] = value
        by_number = any(change.by_number for change in coming[parent])
        orders |= settle_orders(before, after, stated, by_number=by_number)
    return orders
