"""Files open in an editor: detected by editors' swap and lock files, and by studio's own locks."""

import os
from collections.abc import Iterator
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from filelock import BaseFileLock

_FOLDER = "unsaved"
"""Below `.studio`: a lock file for each text with unsaved edits in an editor."""
_BESIDE = (
    ".{}.swp",  # vim, nano
    ".{}.swo",
    ".{}.swn",
    ".#{}",  # emacs, while the text has unsaved edits
    "#{}#",  # emacs, its auto-save file
    ".~lock.{}#",  # LibreOffice
    ".{}.kate-swp",
    ".~{}",
)


def held_open(state: Path, content: Path, path: str) -> str:
    """Why a file may have unsaved edits, for people; "" if nothing indicates that.

    A record's folder counts with everything in it. `path` is below `content`.
    """
    place = content / path
    for name in (pattern.format(place.name) for pattern in _BESIDE):
        if os.path.lexists(place.parent / name):
            return f"an editor has it open ({name})"
    return "an editor has changed it, and not saved it" if _is_locked(state, path) else ""


def held_below(state: Path, content: Path, folder: str) -> str:
    """The same for the first such file in a folder, at any depth."""
    for path in _files(content, folder):
        if reason := held_open(state, content, path):
            return f"{path}: {reason}"
    return ""


def _files(content: Path, folder: str) -> Iterator[str]:
    for place, _, names in os.walk(content / folder):
        for name in sorted(names):
            if not name.startswith((".", "#")):
                yield (Path(place) / name).relative_to(content).as_posix()


class UnsavedTexts:
    """The texts with unsaved edits in one editor. Their locks end with its process."""

    def __init__(self) -> None:
        self._held: dict[str, BaseFileLock] = {}

    def hold(self, name: str, state: Path, path: str) -> None:
        """Record that a text, which the editor calls `name`, differs from the file at `path`."""
        from filelock import FileLock, Timeout

        if name not in self._held:
            with suppress(OSError, Timeout):  # two editors with one text: one lock is enough
                place = _lock_file(state, path)
                place.parent.mkdir(mode=0o700, exist_ok=True)
                lock = FileLock(place, timeout=0, mode=0o600)
                lock.acquire()
                self._held[name] = lock

    def release(self, name: str) -> None:
        """Record that a text was saved, or discarded."""
        if lock := self._held.pop(name, None):
            lock.release()
            with suppress(OSError):
                Path(lock.lock_file).unlink()


def _lock_file(state: Path, path: str) -> Path:
    return state / _FOLDER / blake2b(path.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _is_locked(state: Path, path: str) -> bool:
    from filelock import FileLock, Timeout

    lock = _lock_file(state, path)
    if not lock.is_file() or lock.is_symlink():
        return False
    try:
        with FileLock(lock, timeout=0, mode=0o600):
            return False  # its holder has ended
    except (Timeout, OSError):
        return True
