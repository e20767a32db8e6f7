"""The deletions of a plan as trees, each below its topmost deleted row."""

from collections.abc import Iterable, Iterator, Sequence

from studio_sync.core.plan.plan import Change
from studio_sync.core.plan.reconcile import Action
from studio_sync.core.values.record import Rid


def rows_by_kind(changes: Iterable[Change]) -> dict[str, list[str]]:
    """The row ids of changes, by the names of their kinds."""
    found: dict[str, list[str]] = {}
    for change in changes:
        found.setdefault(change.kind.name, []).append(change.row_id)
    return found


def deleted_trees(changes: Sequence[Change]) -> Iterator[list[Change]]:
    """The deletions grouped by the topmost one among them; that one comes first."""
    deleted = [change for change in changes if change.action is Action.DELETE]
    by_rid = {change.rid: change for change in deleted}
    trees: dict[Rid, list[Change]] = {}
    for change in deleted:
        top = change
        while top.before is not None and (above := by_rid.get(top.before.parent)) is not None:
            top = above
        tree = trees.setdefault(top.rid, [top])
        if change is not top:
            tree.append(change)
    yield from trees.values()
