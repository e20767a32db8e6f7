"""Guard on mass deletion: deletions that look like an accident, or delete more than intended."""

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

    `by_kind` and `by_parent` count the known records, including those to be deleted. It asks for the
    deletion of all of them, and of more than ten that are more than a quarter of a kind, of one parent's
    children, or of everything.
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
