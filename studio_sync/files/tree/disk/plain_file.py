"""The one door to files that a repository brings: plain files only, no links, and not more than a bound.

A repository's author chooses what stands at a path: a named pipe on which a reader waits for ever, a device,
a link to somebody's keys, a file without end. Whatever reads such a file opens it here.
"""

import errno
import os
import stat
from pathlib import Path
from typing import Any, TypeAlias

Stat: TypeAlias = tuple[int, int, int, int]
"""Size in bytes, mtime and ctime in nanoseconds, inode: what tells that a file may have changed."""

_READING = (
    os.O_RDONLY
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)  # a named pipe without a writer would never open
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)

_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFLNK: "a symbolic link",
}


class NotPlainError(OSError):
    """What stands at a path is no plain file, or is larger than what is read there."""


def read_plain(path: Path | str, bound: int) -> bytes:
    """The bytes of a plain file of at most `bound` bytes, following no link at its name. Raises OSError."""
    return read_with_stat(path, bound)[1]


def read_with_stat(path: Path | str, bound: int) -> tuple[Stat, bytes]:
    """The bytes of a plain file, and its stat from before they were read. Raises OSError.

    A file that is larger than `bound` raises NotPlainError, also where it grows while it is read.
    """
    opened = open_plain(path)
    try:
        found = stat_as_tuple(os.fstat(opened))
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
    """A plain file opened for reading, as a descriptor, following no link at its name. Raises OSError."""
    try:
        opened = os.open(path, _READING)
    except FileNotFoundError:
        raise
    except OSError:
        _hold_plain(os.lstat(path), path)
        raise
    try:
        _hold_plain(os.fstat(opened), path)
    except BaseException:
        os.close(opened)
        raise
    return opened


def is_plain_file(path: Path | str) -> bool:
    """Whether a plain file stands at a path: no link, no folder, no pipe."""
    try:
        return stat.S_ISREG(os.lstat(path).st_mode)
    except (OSError, ValueError):
        return False


def stat_as_tuple(info: os.stat_result) -> Stat:
    """What of a stat tells that a file may have changed."""
    return (info.st_size, info.st_mtime_ns, info.st_ctime_ns, info.st_ino)


def way_out(error: OSError) -> str:
    """What to do about a file that can't be read."""
    if isinstance(error, NotPlainError):
        if error.errno == errno.EFBIG:
            return "make it smaller, or take it away"
        return "put a plain file in its place"
    return "check its permissions"


def _hold_plain(info: os.stat_result, path: Any) -> None:
    """Raise NotPlainError unless this is a plain file."""
    if not stat.S_ISREG(info.st_mode):
        found = _KINDS.get(stat.S_IFMT(info.st_mode), "no file")
        raise NotPlainError(errno.EINVAL, f"it is {found}, and no plain file", os.fspath(path))
