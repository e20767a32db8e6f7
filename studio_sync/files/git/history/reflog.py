"""HEAD's reflog: whether HEAD advanced only by operations made in this clone."""

_OF_HERE = ("commit", "revert", "cherry-pick", "merge", "am", "pull")
"""The reflog actions that continue from HEAD; "pull --rebase" is logged under another name."""


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
    return known and all(is_of_here(line.partition("\t")[2]) for line in after if line)
