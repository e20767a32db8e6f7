"""HEAD's reflog: whether HEAD advanced only by operations made in this clone."""

import re

_OF_HERE = ("commit", "revert", "cherry-pick", "merge", "am", "pull")
"""The reflog actions that continue from HEAD; "pull --rebase" is logged under another name."""

_SWITCHED = re.compile(r"checkout: moving from (\S+) to (?!HEAD$|[0-9a-f]{7,64}$)(\S+)")
"""How the reflog names a step to another branch."""


def is_of_here(what: str) -> bool:
    """Whether a move of HEAD, as the reflog names it, continues from where HEAD was."""
    name = what.partition(":")[0]
    return name.split(" ")[0] in _OF_HERE and "rebase" not in name


def went_on(log: bytes, since: str, size: int) -> bool:
    """Whether HEAD advanced from the commit `since`, where it was when its reflog was `size` bytes long.

    A reflog that was cut or rewritten since can't prove it; then the answer is no.
    """
    before, after = (part.decode("utf-8", "replace").split("\n") for part in (log[:size], log[size:]))
    known = len(before) > 1 and not before[-1] and before[-2].split(" ")[1:2] == [since]
    return known and all(map(_is_harmless, filter(None, after)))


def _is_harmless(line: str) -> bool:
    """Whether an entry continues from where HEAD was, or steps to another branch there.

    Such a step rewrites files only by force, and then as `git checkout -- FILE` does.
    """
    commits, _, what = line.partition("\t")
    old, _, more = commits.partition(" ")
    same = more.partition(" ")[0] == old
    branch = _SWITCHED.fullmatch(what)
    return is_of_here(what) or (same and branch is not None and branch[1] != branch[2])
