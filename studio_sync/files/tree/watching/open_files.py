"""Which files an editor has open: by the swap and lock files beside them, and by studio's own locks."""

import os
from collections.abc import Iterator
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from filelock import BaseFileLock

_FOLDER = "unsaved"
"""Below `.studio`: a lock for each text that an editor has changed and not saved."""
_BESIDE = (
    ".{}.swp",  # vim, nano
    ".{}.swo",
    ".{}.swn",
    ".#{}",  # emacs, while the text is changed
    "#{}#",  # emacs, what it saves by itself
    ".~lock.{}#",  # LibreOffice
    ".{}.kate-swp",
    ".~{}",
)


def held_open(state: Path, content: Path, path: str) -> str:
    """What says that a file may hold edits which were not saved, for people; "" if nothing does.

    A folder of records counts with all that is in it. `path` is below `content`.
    """
    place = content / path
    for name in (pattern.format(place.name) for pattern in _BESIDE):
        if os.path.lexists(place.parent / name):
            return f"an editor has it open ({name})"
    return "an editor has changed it, and not saved it" if _is_locked(state, path) else ""


def held_below(state: Path, content: Path, folder: str) -> str:
    """The same of the first file in a folder, at any depth, of which something says so."""
    for path in _files(content, folder):
        if said := held_open(state, content, path):
            return f"{path}: {said}"
    return ""


def _files(content: Path, folder: str) -> Iterator[str]:
    for place, _, names in os.walk(content / folder):
        for name in sorted(names):
            if not name.startswith((".", "#")):
                yield (Path(place) / name).relative_to(content).as_posix()


class UnsavedTexts:
    """The texts that one editor has changed and not saved. They are forgotten when its process ends."""

    def __init__(self) -> None:
        self._held: dict[str, BaseFileLock] = {}

    def hold(self, name: str, state: Path, path: str) -> None:
        """A text, which the editor calls `name`, is another than that of the file at `path`."""
        from filelock import FileLock, Timeout

        if name not in self._held:
            with suppress(OSError, Timeout):  # two editors with one text: one of them is enough
                place = _lock_file(state, path)
                place.parent.mkdir(mode=0o700, exist_ok=True)
                lock = FileLock(place, timeout=0, mode=0o600)
                lock.acquire()
                self._held[name] = lock

    def release(self, name: str) -> None:
        """A text was saved, or given up."""
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
            return False  # whoever held it has ended
    except (Timeout, OSError):
        return True
