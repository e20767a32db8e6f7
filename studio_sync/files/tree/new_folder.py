"""A new folder with the files in it, built under another name beside its own and renamed once."""

import os
from collections.abc import Sequence
from contextlib import suppress
from typing import TypeAlias

from studio_sync.files.tree.disk.plain_file import Stat, stat_as_tuple

NamedFile: TypeAlias = tuple[str, bytes]
"""A file's name in its folder, and what it says."""

_IN_FOLDER = os.open in os.supports_dir_fd and hasattr(os, "O_DIRECTORY")


def build(
    folder: str, files: Sequence[NamedFile], temporary: str, mode: int, *, sync: bool
) -> list[Stat] | None:
    """Make `folder` with these files, so that it is there whole or not at all; their stats, in order.

    None where that can't be done, and then nothing was: the system can't, or something stands there by now.
    To write file by file takes twice as many calls to the system, and can leave a half of a folder. With
    `sync` all of it is on the disk before the folder has its name.
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
        os.rename(temporary, folder)  # fails where anything stands but an empty folder
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
    """Write one file into the open folder; its stat stays the same when the folder gets its name."""
    handle = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode, dir_fd=folder)
    made.append(name)
    try:
        left = memoryview(data)
        while left:
            left = left[os.write(handle, left) :]
        if sync:
            os.fsync(handle)
        return stat_as_tuple(os.fstat(handle))
    finally:
        os.close(handle)
