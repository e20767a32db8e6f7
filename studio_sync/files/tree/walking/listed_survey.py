"""Listed survey: the result of a walk, for a given list of paths that may have changed."""

import stat
from collections.abc import Collection
from pathlib import Path

from studio_sync.files.memory.memory import Memory
from studio_sync.files.tree.ignore.ignoring import ignored_in
from studio_sync.files.tree.walking.listing import Survey, stat_of
from studio_sync.files.tree.walking.survey import BackgroundSurvey

_NO_FAULTS = ("", "[]")


class ListedSurvey(BackgroundSurvey):
    """A survey of the listed paths. Everything else is assumed to be as in the memory."""

    def __init__(self, content: Path, paths: Collection[str]) -> None:
        self._content, self._paths = content, paths
        self.memory: Memory | None = None

    def result(self) -> Survey | None:
        """The survey, once; None if only a full walk can tell."""
        memory, self.memory = self.memory, None
        if memory is None or memory.fact("faults") not in _NO_FAULTS:
            return None
        ignored = ignored_in(self._content)
        changed, deleted = {}, []
        for path in self._paths:
            if not path.isprintable():
                return None
            place = self._content / path
            try:
                if not stat.S_ISREG(place.lstat().st_mode):
                    return None
                if not ignored(path):
                    changed[path] = stat_of(place)
            except (FileNotFoundError, NotADirectoryError):
                if memory.file(path) is not None:
                    deleted.append(path)
            except OSError:
                return None
        return Survey(changed, tuple(deleted))

    def close(self) -> None:
        """Nothing to close."""
