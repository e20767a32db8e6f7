"""HEAD's reflog: whether HEAD advanced only by operations made in this clone, and what it moved back from."""

import re
from collections.abc import Callable, Iterator

from studio_sync.files.git.blobs import is_object_name

_OF_HERE = ("commit", "revert", "cherry-pick", "merge", "am", "pull")
"""The reflog actions that continue from HEAD; "pull --rebase" is logged under another name."""

_MAKING = ("commit", "revert", "cherry-pick", "am")
"""Those of them that make a commit."""

_COMMITS = ("commit", "commit (initial)", "commit (amend)")
"""Those that write no file: a merge that is concluded by a commit has written some before."""

_FILES_FOLLOW = ("checkout", "clone", "branch")
"""The other reflog actions after which the files don't say what the commit said that HEAD was moved from."""

_SWITCHED = re.compile(r"checkout: moving from (\S+) to (?!HEAD$|[0-9a-f]{7,64}$)(\S+)")
"""How the reflog names a step to another branch."""


def is_of_here(what: str) -> bool:
    """Whether a move of HEAD, as the reflog names it, continues from where HEAD was."""
    return what.partition(":")[0].split(" ")[0] in _OF_HERE and not _rebases(what)


def _rebases(what: str) -> bool:
    return "rebase" in what.partition(":")[0]


def moved_back(log: bytes) -> dict[str, frozenset[str]]:
    """The commits that HEAD was moved back from while files may have kept their content, as `git reset` does.

    Each with the commits made in this clone since. `log` is HEAD's reflog.
    """
    found: dict[str, set[str]] = {}
    for old, new, what in _moves(log):
        name = what.partition(":")[0].split(" ")[0]
        if name in _MAKING:
            for later in found.values():
                later.add(new)
        elif old != new and not (is_of_here(what) or name in _FILES_FOLLOW or _rebases(what)):
            found[old] = set()
    return {commit: frozenset(later) for commit, later in found.items()}


def _moves(log: bytes) -> Iterator[tuple[str, str, str]]:
    """Where HEAD was, where it then was, and how the reflog names that, oldest first."""
    for line in log.decode("utf-8", "replace").split("\n"):
        commits, _, what = line.partition("\t")
        old, new, *_ = (*commits.split(" ", 2), "", "")
        if is_object_name(old) and is_object_name(new):
            yield old, new, what


def went_on(log: bytes, since: str, size: int, harmless: "Callable[[str], bool] | None" = None) -> bool:
    """Whether HEAD advanced from the commit `since`, where it was when its reflog was `size` bytes long.

    A reflog that was cut or rewritten since can't prove it; then the answer is no. `harmless` says whether an
    entry advances HEAD so.
    """
    moves = _since(log, since, size)
    return moves is not None and all(map(harmless or _is_harmless, moves))


def _since(log: bytes, since: str, size: int) -> list[str] | None:
    """The reflog's entries since it was `size` bytes long and HEAD at `since`; None if that isn't known."""
    before, after = (part.decode("utf-8", "replace").split("\n") for part in (log[:size], log[size:]))
    known = len(before) > 1 and not before[-1] and before[-2].split(" ")[1:2] == [since]
    return [line for line in after if line] if known else None


def put_back_at(log: bytes, since: str, size: int) -> str:
    """The commit where git first put back files as HEAD has them, if HEAD else advanced as in `went_on`.

    "" else.

    `git reset --hard` and `git stash` do so. What was committed before it is then what it was.
    """
    moves = _since(log, since, size) or []
    back = [line for line in moves if _puts_back(line)]
    known = back and all(_is_harmless(line) or _puts_back(line) for line in moves)
    return back[0].partition(" ")[0] if known else ""


def _puts_back(line: str) -> bool:
    commits, _, what = line.partition("\t")
    old, _, more = commits.partition(" ")
    return more.partition(" ")[0] == old and what.startswith("reset: moving to ")


def is_pushed_onto(log: bytes, before: str, now: str) -> bool:
    """Whether the newest stash is `now`, made while `before` was it, "" if there was none."""
    last = log.decode("utf-8", "replace").rstrip("\n").rpartition("\n")[2]
    old, _, more = last.partition(" ")
    return (old if old.strip("0") else "") == before and more.partition(" ")[0] == now


def only_commits(log: bytes, since: str, size: int) -> bool:
    """Whether HEAD advanced, as in `went_on`, only by `git commit`, which writes no file."""
    return went_on(log, since, size, lambda line: line.partition("\t")[2].partition(":")[0] in _COMMITS)


def _is_harmless(line: str) -> bool:
    """Whether an entry continues from where HEAD was, or steps to another branch there.

    Such a step rewrites files only by force, and then as `git checkout -- FILE` does.
    """
    commits, _, what = line.partition("\t")
    old, _, more = commits.partition(" ")
    same = more.partition(" ")[0] == old
    branch = _SWITCHED.fullmatch(what)
    return is_of_here(what) or (same and branch is not None and branch[1] != branch[2])
