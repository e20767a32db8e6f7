"""May this plan run? Named questions between a plan and its execution."""

from collections import Counter
from collections.abc import Mapping, Sequence

_FEW = 10
_SHARE = 4


def mass_deletion(
    doomed: Sequence[tuple[str, str]],
    by_kind: Mapping[str, int],
    by_parent: Mapping[str, int],
) -> str:
    """Why deleting `doomed`, given as (kind, parent), looks like an accident; "" if it doesn't.

    `by_kind` and `by_parent` count the records that are known. More than ten, and more than a quarter of
    a kind or of what stands below one parent, are too many to go unasked.
    """
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
    if len(doomed) > _FEW and len(doomed) * _SHARE > sum(by_kind.values()):
        return f"{len(doomed)} of {sum(by_kind.values())} records in all"
    return ""
