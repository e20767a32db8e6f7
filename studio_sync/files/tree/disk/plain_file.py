"""Reading files of a repository safely: plain files only, no links, and at most a bounded size.

A repository's author chooses what is at a path: a named pipe that blocks its reader for ever, a device, a
link to somebody's keys, an endless file. Every reader of such files opens them here.
"""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias

Stat: TypeAlias = tuple[int, int, int, int]
"""Size in bytes, mtime and ctime in nanoseconds, inode: if equal, the file is unchanged."""

_READING = (
    os.O_RDONLY
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)  # opening a named pipe without a writer would block
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)

NOT_PLAIN_HINT = "put a plain file in its place"
_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFLNK: "a symbolic link",
}


class NotPlainError(OSError):
    """The path is no plain file, or the file is larger than the bound."""

    @property
    def hint(self) -> str:
        """The way out."""
        return "make it smaller, or take it away" if self.errno == errno.EFBIG else NOT_PLAIN_HINT


def read_plain(path: Path | str, bound: int) -> bytes:
    """The bytes of a plain file of at most `bound` bytes; a link is not followed. Raises OSError."""
    return read_with_stat(path, bound)[1]


def read_with_stat(path: Path | str, bound: int) -> tuple[Stat, bytes]:
    """The bytes of a plain file, and its stat from before the read. Raises OSError.

    Raises NotPlainError for a file larger than `bound`, also if it grows during the read.
    """
    opened, info = _opened(path)
    try:
        found = stat_as_tuple(info)
        size = found[0]
        if size <= bound:
            data = os.read(opened, size + 1)
            while len(data) < size and (more := os.read(opened, size + 1 - len(data))):
                data += more
            return found, data
    finally:
        os.close(opened)
    raise NotPlainError(errno.EFBIG, f"it has {size} bytes, and at most {bound} are read", os.fspath(path))


def open_plain(path: Path | str) -> int:
    """Open a plain file for reading, as a descriptor; a link is not followed. Raises OSError."""
    return _opened(path)[0]


def _opened(path: Path | str) -> tuple[int, os.stat_result]:
    try:
        opened = os.open(path, _READING)
    except FileNotFoundError:
        raise
    except OSError:
        _hold_plain(os.lstat(path), path)
        raise
    try:
        info = os.fstat(opened)
        _hold_plain(info, path)
    except BaseException:
        os.close(opened)
        raise
    return opened, info


def is_plain_file(path: Path | str) -> bool:
    """Whether a plain file is at a path: no link, folder or pipe."""
    try:
        return stat.S_ISREG(os.lstat(path).st_mode)
    except (OSError, ValueError):
        return False


@contextmanager
def opened_folder(folder: str) -> Iterator[int | None]:
    """A folder's descriptor, from which paths can be looked up; None where the system has none."""
    if os.stat not in os.supports_dir_fd:
        yield None
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield handle
    finally:
        os.close(handle)


def stat_as_tuple(info: os.stat_result) -> Stat:
    """The parts of a stat that change when a file changes."""
    written, changed = info.st_mtime_ns, info.st_ctime_ns
    # One number for both where they are equal, as in every new file: 150,000 are held at once.
    return (info.st_size, written, written if changed == written else changed, info.st_ino)


def way_out(error: OSError) -> str:
    """The way out for a file that can't be read."""
    return error.hint if isinstance(error, NotPlainError) else "check its permissions"


def _hold_plain(info: os.stat_result, path: Any) -> None:
    """Raise NotPlainError unless this is a plain file."""
    if not stat.S_ISREG(info.st_mode):
        message = f"it is {kind_name(info.st_mode)}, and no plain file"
        raise NotPlainError(errno.EINVAL, message, os.fspath(path))


def kind_name(mode: int) -> str:
    """What a mode says that a path is, in words."""
    return _KINDS.get(stat.S_IFMT(mode), "no file")
