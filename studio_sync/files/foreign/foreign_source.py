"""A stranger's folder, read only: its plain files, and their bytes within bounds."""

import os
import stat
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from studio_sync.core.values.bounds import MAX_FOLDER_DEPTH, MAX_IMPORT_FILES
from studio_sync.errors import RefusedError, UnavailableError
from studio_sync.files.tree.disk.inside import inside
from studio_sync.files.tree.disk.plain_file import read_plain

_ALWAYS_LEFT_OUT = frozenset(("node_modules", "__pycache__"))


@dataclass(frozen=True, slots=True)
class Source:
    """The plain files below `root`: sizes in bytes by path, sorted by path.

    `skipped` has the reason for each skipped path.
    """

    root: Path
    files: Mapping[str, int]
    skipped: Mapping[str, str]

    def read(self, path: str, bound: int) -> bytes:
        """The bytes of one of the files, of at most `bound`. Raises OSError or RefusedError."""
        return read_plain(inside(self.root, path), bound)


def names_in(root: Path) -> frozenset[str]:
    """The entries of the folder itself. Raises UnavailableError."""
    try:
        return frozenset(os.listdir(root))
    except OSError as error:
        raise UnavailableError(
            f"can't read the folder {root}: {error.strerror}", "check its permissions"
        ) from None


def look(root: Path, leave_out: Collection[str] = ()) -> Source:
    """Walk `root`, skipping hidden names, links, and the top folders in `leave_out`.

    Raises UnavailableError if it can't be read, RefusedError if it exceeds a bound.
    """
    files: dict[str, int] = {}
    skipped: dict[str, str] = {}
    waiting = [("", 0)]
    while waiting:
        folder, depth = waiting.pop()
        try:
            with os.scandir(root / folder) as found:
                entries = sorted(found, key=lambda entry: entry.name)
        except OSError as error:
            if not folder:
                raise UnavailableError(
                    f"can't read the folder {root}: {error.strerror}", "check its permissions"
                ) from None
            skipped[folder] = f"can't be read: {error.strerror}"
            continue
        for entry in entries:
            if entry.name.startswith(".") or (not folder and entry.name in leave_out):
                continue
            path = f"{folder}/{entry.name}".lstrip("/")
            why = _why_skipped(entry, depth)
            if why:
                skipped[_shown(path)] = why
            elif entry.is_dir(follow_symlinks=False):
                if entry.name not in _ALWAYS_LEFT_OUT:
                    waiting.append((path, depth + 1))
            else:
                files[path] = entry.stat(follow_symlinks=False).st_size
            if len(files) + len(skipped) + len(waiting) > MAX_IMPORT_FILES:
                raise RefusedError(
                    f"{root} holds more than {MAX_IMPORT_FILES:,} files",
                    "name the folder in it with the lessons",
                )
    return Source(root, dict(sorted(files.items())), skipped)


def _why_skipped(entry: "os.DirEntry[str]", depth: int) -> str:
    try:
        mode = entry.stat(follow_symlinks=False).st_mode
    except OSError as error:
        return f"can't be read: {error.strerror}"
    if stat.S_ISLNK(mode):
        return "a symbolic link, which is not followed"
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        return "no plain file"
    if not entry.name.isprintable() or _shown(entry.name) != entry.name:
        return "its name has invisible characters"
    if stat.S_ISDIR(mode) and depth + 1 >= MAX_FOLDER_DEPTH:
        return f"folders are nested deeper than {MAX_FOLDER_DEPTH} here"
    return ""


def _shown(path: str) -> str:
    return path.encode("utf-8", "backslashreplace").decode()
