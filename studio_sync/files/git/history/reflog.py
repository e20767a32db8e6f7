"""What the log of HEAD's moves tells: whether each goes on from where HEAD was."""

_OF_HERE = ("commit", "revert", "cherry-pick", "merge", "am", "pull")
"""What a move of HEAD is called that goes on from where it was; "pull --rebase" is logged otherwise."""


def is_of_here(what: str) -> bool:
    """Whether a move of HEAD, as its log names it, goes on from where it was."""
    name = what.partition(":")[0]
    return name.split(" ")[0] in _OF_HERE and "rebase" not in name


def went_on(log: bytes, since: str, size: int) -> bool:
    """Whether HEAD went on from the commit `since`, where it was when its log was `size` bytes long.

    A log that was cut or rewritten meanwhile can't tell; that counts as no.
    """
    before, after = (part.decode("utf-8", "replace").split("\n") for part in (log[:size], log[size:]))
    known = len(before) > 1 and not before[-1] and before[-2].split(" ")[1:2] == [since]
    return known and all(is_of_here(line.partition("\t")[2]) for line in after if line)
