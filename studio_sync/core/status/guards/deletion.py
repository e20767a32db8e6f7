"""Deletions that look like an accident, or that would take more than was meant."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from studio_sync.core.plan.reconcile import Delta
from studio_sync.core.values.record import Rid

_FEW = 10
_SHARE = 4


def mass_deletion(
    doomed: Sequence[tuple[str, str]],
    by_kind: Mapping[str, int],
    by_parent: Mapping[str, int],
) -> str:
    """Why deleting `doomed`, given as (kind, parent), looks like an accident; "" if it doesn't.

    `by_kind` and `by_parent` count the records that are known, those to be deleted included. Too many to
    go unasked are all of them, and more than ten that are more than a quarter of a kind, of what stands
    below one parent, or of everything.
    """
    everything = sum(by_kind.values())
    if doomed and len(doomed) >= everything:
        return "all that there are"
    kinds = Counter(kind for kind, _ in doomed)
    for kind, count in sorted(kinds.items()):
        known = max(by_kind.get(kind, 0), count)
        if count > _FEW and count * _SHARE > known:
            return f"{count} of {known} records of the kind {kind}"
    parents = Counter(parent for _, parent in doomed)
    for parent, count in sorted(parents.items()):
        known = max(by_parent.get(parent, 0), count)
        if count > _FEW and count * _SHARE > known:
            return f"{count} of {known} records below one parent"
    if len(doomed) > _FEW and len(doomed) * _SHARE > everything:
        return f"{len(doomed)} of {everything} records in all"
    return ""


def bereft(deltas: Sequence[Delta], doomed: Collection[Rid]) -> frozenset[Rid]:
    """Those of `doomed` below which something stays: deleting them would take or strand it.

    `deltas` are all records that differ: what agrees has a parent that both sides have.
    """
    if not doomed:
        return frozenset()
    above = {d.rid: d.some.parent for d in deltas}
    found: set[Rid] = set()
    for delta in deltas:
        rid = delta.rid
        if rid in doomed and rid not in found:
            continue
        while (rid := above.get(rid, "")) and rid not in found:
            if rid in doomed:
                found.add(rid)
    return frozenset(found)
