"""The state folder `.studio`: it belongs to this machine and user, and never comes with a repository."""

import os
import stat
from contextlib import suppress
from pathlib import Path

from studio_sync.errors import RefusedError, UnavailableError, system_failure
from studio_sync.files.tree.disk.one_file import write_new

IGNORE_ALL = "*\n"
GITIGNORE = ".gitignore"
_OURS = 0o700
_GROUP = stat.S_IWGRP
_WORLD = stat.S_IWOTH


def open_state(folder: Path) -> None:
    """Create the state folder if missing, for its user alone; check that nobody else put anything in it.

    Raises RefusedError for a folder that can't be trusted, UnavailableError if it can't be created.
    """
    try:
        with suppress(FileExistsError):
            os.mkdir(folder, _OURS)
    except OSError as error:
        hint = "studio keeps its memory of the workspace there"
        raise system_failure(error, folder, "can't write in ", hint=hint) from None
    check_state(folder)
    with suppress(OSError):
        if not os.path.lexists(folder / GITIGNORE):
            write_new(folder / GITIGNORE, IGNORE_ALL.encode(), 0o600)


def may_write(folder: Path) -> bool:
    """Whether this user can write in the state folder, or create it; not in a read-only checkout."""
    place = folder if os.path.lexists(folder) else folder.parent
    return os.access(place, os.W_OK) or not place.is_dir()


def check_state(folder: Path) -> None:
    """Check the state folder, if it exists: it is no link, the user's own, and contains no link.

    Group permissions to write are removed. Raises RefusedError.
    """
    try:
        info = os.lstat(folder)
    except FileNotFoundError:
        return
    except OSError as error:
        raise UnavailableError(f"can't look at {folder}: {error.strerror}", "check its permissions") from None
    if stat.S_ISLNK(info.st_mode):
        raise RefusedError(
            f"{folder} is a symbolic link, which is not followed", "remove it: studio makes a folder there"
        )
    if not stat.S_ISDIR(info.st_mode):
        raise UnavailableError(
            f"can't write in {folder}: it is no folder", "remove it: studio makes one there"
        )
    if hasattr(os, "geteuid"):
        _hold_own(folder, info)
    _hold_plain(folder)


def _hold_own(folder: Path, info: os.stat_result) -> None:
    user = os.geteuid()
    if info.st_uid != user:
        raise RefusedError(
            f"{folder} belongs to another user", f"remove it, or make it yours: chown -R {user} {folder}"
        )
    if info.st_mode & (_GROUP | _WORLD) and _honours_modes(folder, info):
        if info.st_mode & _WORLD:
            raise RefusedError(
                f"everybody on this machine may write in {folder}",
                f"if nobody else did: chmod 700 {folder}; else remove it",
            )
        with suppress(OSError):
            os.chmod(folder, stat.S_IMODE(info.st_mode) & ~(_GROUP | _WORLD))


def _honours_modes(folder: Path, info: os.stat_result) -> bool:
    """Whether modes have an effect here: some file systems report one mode for all, and change none."""
    probe = stat.S_IMODE(info.st_mode) ^ stat.S_ISVTX
    try:
        os.chmod(folder, probe)
        changed = stat.S_IMODE(os.lstat(folder).st_mode) == probe
        os.chmod(folder, stat.S_IMODE(info.st_mode))
    except OSError:
        return True
    return changed


def _hold_plain(folder: Path) -> None:
    """Raise RefusedError if the folder contains anything but this user's files and folders."""
    try:
        with os.scandir(folder) as entries:
            wrong = sorted(e.name for e in entries if not _is_ours(e))
    except OSError as error:
        raise UnavailableError(f"can't read {folder}: {error.strerror}", "check its permissions") from None
    if wrong:
        raise RefusedError(
            f"{folder / wrong[0]} is no plain file of yours, and studio never makes such",
            f"remove it, or the whole of {folder.name}: nothing that was committed or pushed is lost",
        )


def _is_ours(entry: "os.DirEntry[str]") -> bool:
    """Whether an entry is this user's file or folder. The folder may once have been open to others.

    One that is gone by now is, too: SQLite removes its files there when another process closes the memory.
    """
    if not (entry.is_file(follow_symlinks=False) or entry.is_dir(follow_symlinks=False)):
        return False
    try:
        return not hasattr(os, "geteuid") or entry.stat(follow_symlinks=False).st_uid in (os.geteuid(), 0)
    except FileNotFoundError:
        return True
