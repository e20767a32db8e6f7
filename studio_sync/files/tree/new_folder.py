"""Creating a folder with files atomically: built under a temporary name, then renamed."""

import os
from collections.abc import Sequence
from contextlib import suppress
from typing import TypeAlias

from studio_sync.files.tree.disk.one_file import write_all
from studio_sync.files.tree.disk.plain_file import Stat, stat_as_tuple

NamedFile: TypeAlias = tuple[str, bytes]
"""A file's name in its folder, and its bytes."""

_IN_FOLDER = os.open in os.supports_dir_fd and hasattr(os, "O_DIRECTORY")


def build(
    folder: str, files: Sequence[NamedFile], temporary: str, mode: int, *, sync: bool
) -> list[Stat] | None:
    """Create `folder` with these files, whole or not at all; returns their stats, in order.

    None if that is impossible, with nothing done: the system can't, or the name is taken. Writing file by
    file would take twice as many system calls, and could leave half a folder. With `sync` everything is on
    disk before the rename.
    """
    if not _IN_FOLDER:
        return None
    try:
        os.mkdir(temporary)
    except OSError:
        return None
    made: list[str] = []
    try:
        handle = os.open(temporary, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            stats = [_write(name, data, mode, handle, made, sync=sync) for name, data in files]
            if sync:
                os.fsync(handle)
        finally:
            os.close(handle)
        os.rename(temporary, folder)  # fails unless the target is missing or an empty folder
    except BaseException as error:
        with suppress(OSError):
            for name in made:
                os.unlink(f"{temporary}/{name}")
            os.rmdir(temporary)
        if isinstance(error, OSError):
            return None
        raise
    return stats


def _write(name: str, data: bytes, mode: int, folder: int, made: list[str], *, sync: bool) -> Stat:
    """Write one file into the open folder; its stat survives the folder's rename."""
    handle = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode, dir_fd=folder)
    made.append(name)
    try:
        write_all(handle, data)
        if sync:
            os.fsync(handle)
        return stat_as_tuple(os.fstat(handle))
    finally:
        os.close(handle)
