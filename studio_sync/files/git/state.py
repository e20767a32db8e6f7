"""git's state in a working tree (HEAD, index, running operation), read from its files on every save."""

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from studio_sync.files.git.history.reflog import is_pushed_onto, only_commits, put_back_at
from studio_sync.files.git.work_tree import first_line, located
from studio_sync.files.tree.disk.plain_file import Stat, read_plain
from studio_sync.files.tree.walking.listing import stat_of

_OPERATIONS = {
    "rebase-merge": "rebase",
    "rebase-apply": "rebase",
    "MERGE_HEAD": "merge",
    "CHERRY_PICK_HEAD": "cherry-pick",
    "REVERT_HEAD": "revert",
    "BISECT_LOG": "bisect",
}
"""In the order of lookup: a rebase that stops at an empty commit leaves a CHERRY_PICK_HEAD as well."""
_LOCKS = ("index.lock", "HEAD.lock")
_MOST_LINKS = 5
MOST_LOG = 1 << 28
"""The most bytes read of one of git's own files, such as the reflog."""


@dataclass(frozen=True, slots=True)
class GitState:
    """A snapshot of git's own files; two equal ones mean that git did nothing in between.

    `head`: the commit at HEAD. `index`: changes when the index is written. `under_way`: the unfinished merge,
    rebase, cherry-pick, revert or bisect, "" if none. `at_work`: a git command is running, or left its lock
    file behind. `stash`: the newest stash. `log`: the size of HEAD's reflog in bytes.
    """

    head: tuple[str, ...] = ()
    index: Stat | None = None
    under_way: str = ""
    at_work: bool = False
    stash: str = ""
    log: int = 0

    def same_files(self, other: "GitState") -> bool:
        """Whether git wrote no file of the working tree between the two."""
        return (self.head, self.index) == (other.head, other.index)


class GitFolder:
    """The git folder of one working tree."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        common = first_line(folder / "commondir")
        self._common = (folder / common) if common else folder
        self._log = folder / "logs" / "HEAD"

    @classmethod
    def around(cls, place: Path) -> "GitFolder | None":
        """That of the working tree around `place`; None if there is none."""
        found = located(place)
        return cls(found[1]) if found else None

    def state(self) -> GitState:
        """Read the current state."""
        there = self.folder
        at_work = any(os.path.lexists(there / name) for name in _LOCKS)
        index: Stat | None = None
        with suppress(OSError):
            index = stat_of(there / "index")
        stash = first_line(self._common / "refs" / "stash")
        return GitState(self._head(), index, under_way(there), at_work, stash, self.log_size)

    def reflog(self) -> bytes:
        """HEAD's reflog. Raises OSError, also if it is no plain file."""
        return read_plain(self._log, MOST_LOG)

    @property
    def log_size(self) -> int:
        """The size of HEAD's reflog in bytes; 0 if there is none."""
        with suppress(OSError):
            return os.stat(self._log).st_size
        return 0

    def put_back_since(self, head: str, log: int, stashes: tuple[str, str]) -> str:
        """The commit where git put files back, if it did no more beside what was committed; or "".

        See `put_back_at`. `head` and `log` are HEAD and its reflog's size then, `stashes` the newest stash
        then, and now.
        """
        before, now = stashes
        with suppress(OSError):
            if commit := put_back_at(self.reflog(), head, log):
                place = self._common / "logs" / "refs" / "stash"
                known = before == now or is_pushed_onto(read_plain(place, MOST_LOG), before, now)
                return commit if known else ""
        return ""

    def committed(self, before: GitState, now: GitState) -> bool:
        """Whether HEAD stayed or moved only by commits, which write no file, and no stash was made."""
        if now.stash != before.stash:
            return False
        if (now.head, now.log) == (before.head, before.log):
            return True
        try:
            log = self.reflog()
        except OSError:
            return False
        return only_commits(log, before.head[-1] if before.head else "", before.log)

    def _head(self) -> tuple[str, ...]:
        """HEAD and the references it leads to; with another ref format, something that changes with them."""
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
    """The unfinished operation, by the files in the git `folder`: merge, rebase, …; "" if none."""
    return next((word for name, word in _OPERATIONS.items() if (folder / name).exists()), "")
