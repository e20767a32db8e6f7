"""Three-way merge of lists of scalars, item by item, as git merges lines."""

from collections import Counter
from collections.abc import Mapping, Sequence

from studio_sync.core.merge.align import AlignmentBudget
from studio_sync.core.merge.changes import ChangeGroup, SideChange, applied, changes, groups, within
from studio_sync.core.values.value import Value, digest


def merge_scalars(
    base: Sequence[Value], local: Sequence[Value], remote: Sequence[Value]
) -> list[Value] | None:
    """The merged list; None on a conflict, or if an item is not a scalar.

    Changes conflict unless an unchanged item is between them. It is also a conflict if both sides moved an
    item, or one moved it and the other removed it, because the item would be duplicated or restored; and
    if the changes together remove everything that each side kept.
    """
    if any(map(_nested, (*base, *local, *remote))):
        return None
    named = {digest(item).hex(): item for side in (base, remote, local) for item in side}
    old, mine, theirs = ([digest(item).hex() for item in side] for side in (base, local, remote))
    work = AlignmentBudget()
    met, agreed = groups(old, changes(old, mine, _never, work), changes(old, theirs, _never, work), _apart)
    whole: list[str] = []
    at = 0
    for group in met:
        ours, others = group.sides(old)
        if group.local and group.remote and ours != others:
            return None
        whole += applied(old, within(agreed, at, group.start), at, group.start)
        whole += ours if group.local else others
        at = group.end
    whole += applied(old, within(agreed, at, len(old)), at, len(old))
    if (mine and theirs and not whole) or _astray(old, mine, theirs, whole):
        return None
    return [named[item] for item in whole]


def _apart(_group: ChangeGroup, _change: SideChange, _mine: bool, between: Sequence[str]) -> bool:
    return bool(between)


def _astray(old: Sequence[str], mine: Sequence[str], theirs: Sequence[str], whole: Sequence[str]) -> bool:
    """Whether an item occurs more often than both sides' changes explain, or less often than both have it."""
    was, here, there, now = (Counter(side) for side in (old, mine, theirs, whole))
    for item in {*mine, *theirs}:
        b, m, t = was[item], here[item], there[item]
        if now[item] != (m if m == t else max(m + t - b, 0)) and not (
            b < min(m, t) and now[item] == m + t - b
        ):
            return True
    return False


def _nested(item: Value) -> bool:
    return isinstance(item, Mapping) or (isinstance(item, Sequence) and not isinstance(item, str))


def _never(_item: str) -> bool:
    return False
