"""Fuzzy matching of names: "did you mean" for typing errors."""

import re
from collections.abc import Iterable
from functools import lru_cache

_LIKE = 0.7
_LONG = 8
"""Names of this length or more may have two errors, shorter ones one."""


def nearest(name: str, known: Iterable[str], *, cutoff: float = _LIKE) -> str:
    """The most similar of the `known` names, ignoring case; "" if none is similar."""
    by_plain = {plain(each): each for each in known}
    wanted = plain(name)
    if wanted in by_plain:
        return by_plain[wanted]
    from difflib import get_close_matches

    found = get_close_matches(wanted, list(by_plain), n=1, cutoff=cutoff)
    return by_plain[found[0]] if found else ""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """``did you mean `x`?``, or "" if nothing is similar."""
    near = nearest(name, known)
    return f"did you mean `{near}`?" if near else ""


def slip(name: str, known: Iterable[str]) -> str:
    """The one of the `known` names that `name` misspells; "" if there is none.

    A misspelling omits, adds or changes a letter, swaps two, or joins words differently.
    """
    wanted = _bare(name)
    for each in known:
        meant = _bare(each)
        allowed = 2 if min(len(wanted), len(meant)) >= _LONG else 1
        if each != name and abs(len(wanted) - len(meant)) <= allowed and _slips(wanted, meant) <= allowed:
            return each
    return ""


def plain(name: str) -> str:
    """A name in lower case with "_" between words: `isCorrect` and `Is correct` become equal."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower().replace("-", "_").replace(" ", "_")


def _bare(name: str) -> str:
    return plain(name).replace("_", "")


@lru_cache(maxsize=4096)
def _slips(one: str, other: str) -> int:
    """The edit distance: letters omitted, added, changed, or swapped with their neighbour.

    Cached: the files of a kind have the same keys again and again.
    """
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        above, row = row, [i]
        for j, b in enumerate(other, 1):
            least = min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                least = min(least, before[j - 2] + 1)
            row.append(least)
        before = above
    return row[-1]
