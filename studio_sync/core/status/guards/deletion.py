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
    kinds, parents = (Counter(pair[at] for pair in doomed) for at in (0, 1))
    groups = [(count, by_kind.get(kind, 0), f"of the kind {kind}") for kind, count in sorted(kinds.items())]
    groups += [
        (count, by_parent.get(above, 0), "below one parent") for above, count in sorted(parents.items())
    ]
    for count, known, where in [*groups, (len(doomed), everything, "in all")]:
        if count > _FEW and count * _SHARE > known:
            return f"{count} of {max(known, count)} records {where}"
    return ""
