"""Operations on one file: read, compare, rename, sync, and the errors of a failed write."""

import errno
import os
import stat
from contextlib import suppress
from pathlib import Path

from studio_sync.core.values.bounds import MAX_STATE_FILE
from studio_sync.errors import RefusedError, UnavailableError, about_file, system_failure
from studio_sync.files.tree.disk.plain_file import read_plain
from studio_sync.files.tree.walking.listing import TEMPORARY

DISPLACED = f"{TEMPORARY}old-"
"""Prefix of the name of a file that was set aside while another takes its place."""

_NAME_BYTES = 255
"""The length of the longest file name, in bytes."""


class ChangedError(RefusedError):
    """The file changed since the plan was made; it was left alone."""


def mode_of(path: str, target: str) -> int:
    """The permissions of the file at `target`, which must be a plain, writable file."""
    try:
        info = os.stat(target, follow_symlinks=False)
    except FileNotFoundError:
        raise ChangedError(f"{path} has gone meanwhile", "run the command again") from None
    except OSError as error:
        raise write_failure(path, error) from None
    if not stat.S_ISREG(info.st_mode):
        raise ChangedError(f"{path} is no ordinary file", "put a real file in its place")
    if not info.st_mode & stat.S_IWUSR or not os.access(target, os.W_OK):
        raise UnavailableError(f"{path} is read-only", "make it writable, then run the command again")
    return stat.S_IMODE(info.st_mode)


def changed(path: str) -> ChangedError:
    """The error for a file whose content is not the expected one."""
    return ChangedError(f"{path} has changed meanwhile", "run the command again")


def move(source: str, target: str) -> None:
    """Rename a file or folder; a file never replaces another. Raises OSError."""
    if os.path.isfile(source):
        give_name(source, target, target)
    else:
        os.rename(source, target)


def remove_if_empty(folder: str) -> bool:
    """Remove a folder if it is empty, and say whether it was."""
    try:
        os.rmdir(folder)
    except OSError:
        return False
    return True


def give_name(temporary: str, target: str, path: str) -> None:
    """Rename a new file to its final name; raises ChangedError if that is taken by now."""
    try:
        os.link(temporary, target)
    except FileExistsError:
        raise ChangedError(f"{path} has appeared meanwhile", "run the command again") from None
    except OSError:  # a file system without hard links
        os.rename(temporary, target)
    else:
        os.unlink(temporary)


def content(target: str) -> bytes:
    """The bytes of a file. Raises OSError, also if it is no plain file."""
    return read_plain(target, MAX_STATE_FILE)


def says(target: str, data: bytes) -> bool:
    """Whether a file contains exactly this; false if it can't be read."""
    try:
        return content(target) == data
    except OSError:
        return False


def hold_says(path: str, target: str, data: bytes) -> None:
    """Raise ChangedError unless a file contains exactly this, UnavailableError if it can't be read."""
    try:
        found = content(target)
    except OSError as error:
        raise write_failure(path, error) from None
    if found != data:
        raise changed(path)


def aside_name(target: str, unique: str, start: str) -> str:
    """A name beside a file's own, from which its own can be derived if there is room for it."""
    folder, _, name = target.rpartition("/")
    aside = f"{start}{unique}~{name}"
    return f"{folder}/{aside if len(os.fsencode(aside)) <= _NAME_BYTES else start + unique}"


def sync_folder(folder: str) -> None:
    """Wait until the names in a folder are on disk. Raises OSError."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
    finally:
        os.close(handle)


def write_failure(path: str, error: OSError) -> UnavailableError:
    """The error if the system could not write a file."""
    state, hint = ", and is as it was", "check the permissions"
    return system_failure(error, path, "can't write ", state=state, hint=hint)


def write_all(handle: int, data: bytes) -> None:
    """Write all bytes. Raises OSError."""
    left = memoryview(data)
    while left:
        left = left[os.write(handle, left) :]


def write_new(place: Path, data: bytes, mode: int = 0o666) -> None:
    """Write a new file whole, or leave none, as on a full disk. Raises FileExistsError."""
    handle = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), mode)
    try:
        with about_file(place), os.fdopen(handle, "wb") as file:
            file.write(data)
    except OSError:
        with suppress(OSError):
            place.unlink()
        raise
