"""Debouncing file events: when has a file settled after a save, and which files have by now."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum

AFTER_CLOSE = 0.02
"""Seconds of quiet after a file was closed, or was renamed to its name."""
AFTER_WRITE = 0.06
"""The same after a write, on a system that doesn't report when a file is closed."""
UNTIL_CLOSE = 1.0
"""Seconds to wait for the close of a file that is being written."""
AFTER_GONE = 0.25
"""Seconds to wait for a file that vanished: it may reappear under its name."""
AFTER_FOLDER = 0.1
AFTER_GIT = 0.12
_MOST = 5_000
"""With more paths than this, the single paths are dropped, and everything is scanned."""


class PathChange(Enum):
    """The change that an event means for a path."""

    NEW = "new"
    WRITTEN = "written"
    CLOSED = "closed"
    GONE = "gone"
    FOLDER = "folder"


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch of settled paths, relative to the content folder.

    `folders` appeared, vanished or were renamed, with their contents. `lost`: events were lost, or too many,
    and anything may have changed. `git`: git wrote in its own folder.
    """

    files: frozenset[str] = frozenset()
    folders: frozenset[str] = frozenset()
    lost: bool = False
    git: bool = False

    @property
    def content(self) -> bool:
        """Whether anything but git's own folder changed."""
        return bool(self.files or self.folders or self.lost)

    def with_(self, other: "Batch") -> "Batch":
        """The union of both."""
        return Batch(
            self.files | other.files, self.folders | other.folders, self.lost or other.lost,
            self.git or other.git,
        )  # fmt: skip


@dataclass(slots=True)
class Settling:
    """Collects events until their paths have settled. Times are seconds of any one clock.

    `closes`: the system reports when a file is closed.
    """

    closes: bool = True
    _files: dict[str, float] = field(default_factory=dict)
    _folders: dict[str, float] = field(default_factory=dict)
    _hollow: dict[str, float] = field(default_factory=dict)
    _git: float | None = None
    _lost: float | None = None

    def note(self, change: PathChange, path: str, now: float) -> None:
        """Record a change of a path."""
        if len(self._files) + len(self._folders) >= _MOST:
            self.lose(now)
        if change is PathChange.FOLDER:
            self._folders[path] = now + AFTER_FOLDER
        else:
            self._files[path] = now + self._quiet(change)

    def _quiet(self, change: PathChange) -> float:
        if change is PathChange.WRITTEN and self.closes:
            return UNTIL_CLOSE
        quiet = {PathChange.GONE: AFTER_GONE, PathChange.CLOSED: AFTER_CLOSE}
        return quiet.get(change, AFTER_WRITE)

    def note_git(self, now: float) -> None:
        """Record that git wrote in its own folder: changes of files until it settles may be git's."""
        self._git = now + AFTER_GIT

    def lose(self, now: float) -> None:
        """Record that events were lost."""
        for paths in (self._files, self._folders, self._hollow):
            paths.clear()
        self._lost = now + AFTER_FOLDER

    def due(self) -> float | None:
        """The time when a batch may be ready, None if nothing is pending."""
        times = [*self._files.values(), *self._folders.values()]
        times += [t for t in (self._lost, self._git) if t is not None]
        if not times:
            return None
        # Files in a folder that appears or vanishes settle together with it.
        return max(min(times), self._git or 0, *self._folders.values())

    def expects(self, path: str) -> bool:
        """Whether a path has changed and not yet settled."""
        return path in self._files

    def take(self, now: float, hollow: Callable[[str], bool] = lambda _: False) -> Batch | None:
        """The batch of everything settled by now, if any.

        A `hollow` file, such as one truncated and not yet written, is waited for once more.
        """
        due = self.due()
        if due is None or now < due:
            return None
        files = {path for path, at in self._files.items() if at <= now}
        for path in tuple(files):
            if hollow(path) and now < self._hollow.setdefault(path, now + UNTIL_CLOSE):
                files.discard(path)
                self._files[path] = now + AFTER_WRITE
            else:
                self._hollow.pop(path, None)
        folders = {path for path, at in self._folders.items() if at <= now}
        lost = self._lost is not None and self._lost <= now
        found = Batch(frozenset(files), frozenset(folders), lost, self._git is not None)
        for path in files:
            del self._files[path]
        for path in folders:
            del self._folders[path]
        self._git, self._lost = None, None if lost else self._lost
        return found if found.content or found.git else None
