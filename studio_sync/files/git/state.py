"""What git is doing to a working tree, read from its own files: cheap enough for every save."""

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from studio_sync.files.git.work_tree import first_line, located
from studio_sync.files.tree.disk.plain_file import Stat
from studio_sync.files.tree.walking.listing import stat_of

_OPERATIONS = {
    "rebase-merge": "rebase",
    "rebase-apply": "rebase",
    "MERGE_HEAD": "merge",
    "CHERRY_PICK_HEAD": "cherry-pick",
    "REVERT_HEAD": "revert",
    "BISECT_LOG": "bisect",
}
"""In the order in which they are asked for: a rebase leaves a CHERRY_PICK_HEAD as well, where it stops
at a commit that has nothing left to change."""
_LOCKS = ("index.lock", "HEAD.lock")
_MOST_LINKS = 5


@dataclass(frozen=True, slots=True)
class GitState:
    """What git's files say at one moment; two that are equal have nothing between them.

    `head` is what HEAD stands for, `index` tells whether the index was written. `under_way` names the
    merge, rebase, cherry-pick, revert or bisect that is not finished, "" if there is none. `at_work` says
    that a git command is running right now, or left its lock behind.
    """

    head: tuple[str, ...] = ()
    index: Stat | None = None
    under_way: str = ""
    at_work: bool = False

    def same_files(self, other: "GitState") -> bool:
        """Whether git wrote no file of the working tree between the two."""
        return (self.head, self.index) == (other.head, other.index)


class GitFolder:
    """The folder in which git keeps what belongs to one working tree."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        common = first_line(folder / "commondir")
        self._common = (folder / common) if common else folder

    @classmethod
    def around(cls, place: Path) -> "GitFolder | None":
        """That of the working tree which `place` is in; None if in none."""
        found = located(place)
        return cls(found[1]) if found else None

    def state(self) -> GitState:
        """What the files say now."""
        there = self.folder
        at_work = any(os.path.lexists(there / name) for name in _LOCKS)
        index: Stat | None = None
        with suppress(OSError):
            index = stat_of(there / "index")
        return GitState(self._head(), index, under_way(there), at_work)

    def _head(self) -> tuple[str, ...]:
        """HEAD and what it leads to; where references aren't files, what tells that some of them moved."""
        found: list[str] = []
        name = "HEAD"
        for _ in range(_MOST_LINKS):
            line = first_line(self.folder / name) or first_line(self._common / name)
            found.append(line)
            if not line.startswith("ref: "):
                break
            name = line.removeprefix("ref: ")
        if not found[-1]:
            for packed in ("packed-refs", "reftable/tables.list"):
                with suppress(OSError):
                    found.append(str(stat_of(self._common / packed)))
        return tuple(found)


def under_way(folder: Path) -> str:
    """What is begun and not finished, by git's own files in its `folder`: merge, rebase, …; "" if nothing."""
    return next((word for name, word in _OPERATIONS.items() if (folder / name).exists()), "")
