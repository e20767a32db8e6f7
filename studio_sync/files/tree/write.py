"""Writing files so that each is either as it was or as it should be, whatever happens in between."""

import errno
import os
import stat
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import count, repeat
from pathlib import Path

from studio_sync.core.values.bounds import MAX_STATE_FILE
from studio_sync.errors import RefusedError, UnavailableError
from studio_sync.files.tree.plain_file import Stat, read_plain
from studio_sync.files.tree.tree import TEMPORARY, stat_of

_NEW_MODE = 0o666

SYNC_EACH_UP_TO = 50
"""So many files are each brought to the disk at once; of more, all together at the end."""


class ChangedError(RefusedError):
    """The file is no longer what it was when the plan was made; it was left alone."""


class FileWriter:
    """Writes files below one root, and makes them last.

    Each file is written to a temporary one beside it and renamed over it; `settle` then waits until
    everything is on the disk. With `sync_each` every file is on the disk before the next one is begun.
    """

    def __init__(self, root: Path, *, sync_each: bool = True) -> None:
        self._root, self._sync_each = root, sync_each
        self._folders: dict[str, str] = {"": os.fspath(root)}
        self._made: set[str] = set()
        self._names = map("{}-{}".format, repeat(os.getpid()), count(time.time_ns()))
        mask = os.umask(0)
        os.umask(mask)
        self._mode = _NEW_MODE & ~mask

    def create(self, path: str, data: bytes) -> Stat:
        """Write a new file. Raises ChangedError if there is one by now."""
        target = self._target(path)
        self._make_folder(target)
        if os.path.lexists(target):
            raise ChangedError(f"{path} has appeared meanwhile", "run the command again")
        return self._put(path, target, data, self._mode)

    def replace(self, path: str, before: bytes, data: bytes) -> Stat:
        """Write a file that holds `before`. Raises ChangedError if it holds something else by now."""
        target = self._target(path)
        return self._put(path, target, data, _mode_of(path, target), before)

    def remove(self, path: str, before: bytes) -> None:
        """Delete a file that holds `before`, and folders that are empty without it."""
        target = self._target(path)
        _mode_of(path, target)
        try:
            if _content(target) != before:
                raise ChangedError(f"{path} has changed meanwhile", "run the command again")
            os.unlink(target)
            left = os.path.dirname(target)
            while left != os.fspath(self._root) and _without(left):
                left = os.path.dirname(left)
            if self._sync_each:
                _sync_folder(left)
        except OSError as error:
            raise _failure(path, error) from None
        self._forget_folders()

    def rename(self, old: str, new: str, by: Callable[[str, str], None] = os.rename) -> None:
        """Give a file or folder another name; nothing may stand there yet. `by` does it."""
        source, target = self._target(old), self._target(new)
        self._make_folder(target)
        if os.path.lexists(target):
            raise ChangedError(
                f"{new} is there already", "move it out of the way, then run the command again"
            )
        try:
            by(source, target)
            if self._sync_each:
                for folder in {os.path.dirname(source), os.path.dirname(target)}:
                    _sync_folder(folder)
        except OSError as error:
            raise _failure(old, error) from None
        self._forget_folders()

    def settle(self) -> None:
        """Wait until everything that was written is on the disk."""
        if not self._sync_each and hasattr(os, "sync"):
            os.sync()

    def _forget_folders(self) -> None:
        self._folders = {"": os.fspath(self._root)}
        self._made.clear()

    def _target(self, path: str) -> str:
        """Where `path` is, having made sure that no link leads out of the root on the way."""
        folder, _, name = path.rpartition("/")
        if name in ("", ".", "..") or path.startswith("/"):
            raise RefusedError(f"{path!r} is no path inside the content folder")
        return f"{self._folder(folder)}/{name}"

    def _folder(self, folder: str) -> str:
        known = self._folders.get(folder)
        if known is not None:
            return known
        place = f"{self._folder(folder.rpartition('/')[0])}/{folder.rpartition('/')[2]}"
        if folder.rpartition("/")[2] in ("", ".", ".."):
            raise RefusedError(f"{folder!r} is no path inside the content folder")
        if os.path.islink(place):
            raise RefusedError(
                f"{folder} is a symbolic link, which is not followed", "put a real folder there"
            )
        self._folders[folder] = place
        return place

    def _make_folder(self, target: str) -> None:
        folder = target.rpartition("/")[0]
        if folder in self._made:
            return
        new, above = [], folder
        while self._sync_each and not os.path.isdir(above):
            new.append(above)
            above = os.path.dirname(above)
        try:
            os.makedirs(folder, exist_ok=True)
            for made in new:
                _sync_folder(os.path.dirname(made))
        except OSError as error:
            raise _failure(os.path.relpath(folder, self._root), error) from None
        self._made.add(folder)

    def _put(self, path: str, target: str, data: bytes, mode: int, before: bytes | None = None) -> Stat:
        folder = target.rpartition("/")[0]
        temporary = f"{folder}/{TEMPORARY}{next(self._names)}"
        try:
            handle = os.open(
                temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), mode
            )
            try:
                view = memoryview(data)
                while view:
                    view = view[os.write(handle, view) :]
                if self._sync_each:
                    os.fsync(handle)
                if hasattr(os, "fchmod") and before is not None:
                    os.fchmod(handle, mode)
            finally:
                os.close(handle)
            if before is not None and _content(target) != before:
                raise ChangedError(f"{path} has changed meanwhile", "run the command again")
            if before is None:
                _give_name(temporary, target, path)
            else:
                os.replace(temporary, target)
            if self._sync_each:
                _sync_folder(folder)
            return stat_of(target)
        except BaseException as error:
            with suppress(OSError):
                os.unlink(temporary)
            if isinstance(error, OSError):
                raise _failure(path, error) from None
            raise


def _mode_of(path: str, target: str) -> int:
    """The permissions of the file at `target`, which must be an ordinary one that may be written."""
    try:
        info = os.stat(target, follow_symlinks=False)
    except FileNotFoundError:
        raise ChangedError(f"{path} has gone meanwhile", "run the command again") from None
    except OSError as error:
        raise _failure(path, error) from None
    if not stat.S_ISREG(info.st_mode):
        raise ChangedError(f"{path} is no ordinary file", "put a real file in its place")
    if not info.st_mode & stat.S_IWUSR or not os.access(target, os.W_OK):
        raise UnavailableError(f"{path} is read-only", "make it writable, then run the command again")
    return stat.S_IMODE(info.st_mode)


def _without(folder: str) -> bool:
    """Remove a folder if it's empty, and say whether it was."""
    try:
        os.rmdir(folder)
    except OSError:
        return False
    return True


def _give_name(temporary: str, target: str, path: str) -> None:
    """Give a new file its name; raises ChangedError if another one has it by now."""
    try:
        os.link(temporary, target)
    except FileExistsError:
        raise ChangedError(f"{path} has appeared meanwhile", "run the command again") from None
    except OSError:  # a file system without hard links
        os.rename(temporary, target)
    else:
        os.unlink(temporary)


def _content(target: str) -> bytes:
    return read_plain(target, MAX_STATE_FILE)


def _sync_folder(folder: str) -> None:
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


def _failure(path: str, error: OSError) -> UnavailableError:
    if error.errno == errno.ENOSPC:
        return UnavailableError(
            f"the disk is full: {path} could not be written, and is as it was",
            "make room, then run the command again",
        )
    return UnavailableError(f"can't write {path}: {error.strerror}", "check the permissions")


def sweep(root: Path, folders: Iterable[Path]) -> None:
    """Remove temporary files that a killed run left in these folders."""
    for folder in {root, *folders}:
        for leftover in folder.glob(f"{TEMPORARY}*"):
            leftover.unlink(missing_ok=True)


@contextmanager
def only_one(lock: Path) -> Iterator[None]:
    """Hold the workspace for writing. The operating system frees it when the process ends, however."""
    from filelock import FileLock, Timeout

    held = FileLock(lock, timeout=10)
    try:
        held.acquire()
    except Timeout:
        raise RefusedError(
            "another studio command is writing in this workspace", "wait until it is done, then try again"
        ) from None
    except OSError as error:
        raise UnavailableError(f"can't lock the workspace: {error.strerror}") from None
    try:
        yield
    finally:
        held.release()
