"""Atomic file writes: after a crash each file has either its old content or its new one."""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import count, repeat
from pathlib import Path

from studio_sync.errors import RefusedError
from studio_sync.files.memory.keeper import keeper_of
from studio_sync.files.tree.disk.exchange import exchange
from studio_sync.files.tree.disk.one_file import (
    DISPLACED,
    ChangedError,
    aside_name,
    changed,
    content,
    give_name,
    hold_says,
    mode_of,
    move,
    remove_if_empty,
    says,
    sync_folder,
    write_all,
    write_failure,
)
from studio_sync.files.tree.disk.plain_file import Stat
from studio_sync.files.tree.new_folder import NamedFile, build
from studio_sync.files.tree.walking.listing import TEMPORARY, stat_of

__all__ = ["SYNC_EACH_UP_TO", "ChangedError", "FileWriter"]

_NEW_MODE = 0o666

SYNC_EACH_UP_TO = 50
"""Up to this many files are synced to disk one by one; more, all together at the end."""


_AT_ONCE = 256
"""How many replaced files may wait until their kept copies are on disk."""


class FileWriter:
    """Writes files below one root, durably.

    Each file is written to a temporary one beside it, which is then exchanged with it; `settle` waits until
    everything is on disk. With `sync_each` every file is on disk before the next one begins.

    Nothing is replaced that isn't kept first (see files.memory.kept): the bytes in the file at the moment of
    replacement equal the kept ones; otherwise they are put back, and ChangedError is raised. The old file is
    removed once its copy is on disk.
    """

    def __init__(self, root: Path, prefix: str = "", *, sync_each: bool = True) -> None:
        """`prefix` begins the paths in errors: that of the root, as people see it."""
        self._root, self._prefix, self._sync_each = root, prefix, sync_each
        self._checked: set[str] = set()
        self._made: set[str] = set()
        self._names = map("{}-{}".format, repeat(os.getpid()), count(time.time_ns()))
        mask = os.umask(0)
        os.umask(mask)
        self._mode = _NEW_MODE & ~mask
        self._keeper = keeper_of(root)
        self._displaced: list[tuple[str, str]] = []

    def create(self, path: str, data: bytes) -> Stat:
        """Write a new file. Raises ChangedError if one exists by now."""
        target, path = self._target(path), self._prefix + path
        self._make_folder(target)
        if os.path.lexists(target):
            raise ChangedError(f"{path} has appeared meanwhile", "run the command again")
        with self._temporary(path, target, data, self._mode) as temporary:
            self._keeper.created(target, data)
            give_name(temporary, target, path)
            return self._placed(target)

    def create_folder(self, folder: str, files: Sequence[NamedFile]) -> list[Stat] | None:
        """Write a new folder with these files, whole or not at all; returns their stats, in order.

        None if it exists by now, or can't be made in one step: then the caller uses `create` for each file.
        """
        target = self._target(folder)
        if os.path.lexists(target):  # a link, too, which `create` refuses
            return None
        self._make_folder(target)
        for name, data in files:
            self._keeper.created(f"{target}/{name}", data)
        temporary = aside_name(target, next(self._names), TEMPORARY)
        stats = build(target, files, temporary, self._mode, sync=self._sync_each)
        if stats is not None and self._sync_each:
            sync_folder(target.rpartition("/")[0])
        return stats

    def replace(self, path: str, before: bytes, data: bytes) -> Stat:
        """Replace a file that contains `before`. Raises ChangedError if its content is another by now."""
        target, path = self._target(path), self._prefix + path
        mode = mode_of(path, target)
        hold_says(path, target, before)
        self._keeper.replaced(target, before, data, sync=self._sync_each)
        try:
            with self._temporary(path, target, data, mode) as temporary:
                if hasattr(os, "chmod"):
                    os.chmod(temporary, mode)
                old = self._swap(path, target, temporary, before, data)
                if old is not None:
                    self._displace(old, target)
                return self._placed(target)
        except BaseException:
            if not says(target, data):
                self._keeper.void()
            raise

    def remove(self, path: str, before: bytes) -> None:
        """Delete a file that contains `before`, and folders that become empty."""
        target, path = self._target(path), self._prefix + path
        mode_of(path, target)
        try:
            hold_says(path, target, before)
            self._keeper.deleted(target, before, sync=self._sync_each)
            try:
                old = self._aside(target)
                if not says(old, before):
                    self._put_back(old, target)
                    raise changed(path)
            except BaseException:
                if os.path.lexists(target):
                    self._keeper.void()
                raise
            self._displace(old, target)
        except OSError as error:
            raise write_failure(path, error) from None
        self._forget_folders()

    def rename(self, old: str, new: str, by: Callable[[str, str], None] | None = None) -> None:
        """Rename a file or folder to a free name; `by` does the rename."""
        self._flush()
        source, target = self._target(old), self._target(new)
        self._make_folder(target)
        if os.path.lexists(target):
            raise ChangedError(
                f"{self._prefix}{new} is there already", "move it out of the way, then run the command again"
            )
        try:
            (by or move)(source, target)
            self._keeper.renamed(source, target)
            if self._sync_each:
                for folder in {os.path.dirname(source), os.path.dirname(target)}:
                    sync_folder(folder)
        except OSError as error:
            raise write_failure(self._prefix + old, error) from None
        self._forget_folders()

    def settle(self) -> None:
        """Wait until everything that was written is on disk."""
        self._flush()
        if not self._sync_each and hasattr(os, "sync"):
            os.sync()

    def _forget_folders(self) -> None:
        self._checked.clear()
        self._made.clear()

    def _target(self, path: str) -> str:
        """The real path of `path`, after checking that no link leads out of the root."""
        folder, _, name = path.rpartition("/")
        if name in ("", ".", "..") or path.startswith("/"):
            raise RefusedError(f"{path!r} is no path inside the content folder")
        return f"{self._folder(folder)}/{name}"

    def _folder(self, folder: str) -> str:
        if not folder:
            return os.fspath(self._root)
        place = f"{self._root}/{folder}"
        if folder in self._checked:
            return place
        self._folder(folder.rpartition("/")[0])
        if folder.rpartition("/")[2] in ("", ".", ".."):
            raise RefusedError(f"{folder!r} is no path inside the content folder")
        if os.path.islink(place):
            raise RefusedError(
                f"{self._prefix}{folder} is a symbolic link, which is not followed", "put a real folder there"
            )
        self._checked.add(folder)
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
                sync_folder(os.path.dirname(made))
        except OSError as error:
            raise write_failure(self._prefix + os.path.relpath(folder, self._root), error) from None
        self._made.add(folder)

    @contextmanager
    def _temporary(self, path: str, target: str, data: bytes, mode: int) -> Iterator[str]:
        """A file beside `target` with `data`; it is removed if the block fails."""
        temporary = aside_name(target, next(self._names), TEMPORARY)
        whole = False
        try:
            handle = os.open(
                temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), mode
            )
            try:
                write_all(handle, data)
                if self._sync_each:
                    os.fsync(handle)
            finally:
                os.close(handle)
            whole = True
            yield temporary
        except BaseException as error:
            with suppress(OSError):
                if not whole or says(temporary, data):  # never remove what was in the file
                    os.unlink(temporary)
            if isinstance(error, OSError):
                raise write_failure(path, error) from None
            raise

    def _placed(self, target: str) -> Stat:
        if self._sync_each:
            sync_folder(target.rpartition("/")[0])
        return stat_of(target)

    def _swap(self, path: str, target: str, temporary: str, before: bytes, data: bytes) -> str:
        """Put a new file in place of another, atomically if the system can; returns the old one's path.

        If the old one is not as expected, it is put back, and ChangedError raised.
        """
        if exchange(temporary, target):
            if says(temporary, before):
                return temporary
            exchange(temporary, target)
            if not says(temporary, data):  # saved again meanwhile: the last save stays
                exchange(temporary, target)
                self._keeper.found(target, content(temporary))
                os.unlink(temporary)
            raise changed(path)
        old = self._aside(target)
        if not says(old, before):
            self._put_back(old, target)
            raise changed(path)
        try:
            give_name(temporary, target, path)
        except BaseException:
            self._put_back(old, target)
            raise
        return old

    def _aside(self, target: str) -> str:
        """Rename a file to a name beside its own, from which its own can be derived."""
        old = aside_name(target, next(self._names), DISPLACED)
        os.rename(target, old)
        return old

    def _put_back(self, old: str, target: str) -> None:
        """Rename a file back; if its name is taken by now, keep its bytes."""
        try:
            give_name(old, target, target)
        except ChangedError:
            self._keeper.found(target, content(old))
            os.unlink(old)

    def _displace(self, old: str, target: str) -> None:
        """Remove a replaced file, once its kept copy is on disk."""
        self._displaced.append((old, target))
        if self._sync_each or len(self._displaced) >= _AT_ONCE:
            self._flush()

    def _flush(self) -> None:
        """Remove the files replaced so far, and the folders that become empty."""
        if not self._displaced:
            return
        self._keeper.sync()
        displaced, self._displaced = self._displaced, []
        for old, target in displaced:
            with suppress(OSError):
                os.unlink(old)
            if os.path.lexists(target):
                continue
            left = os.path.dirname(target)
            while left != os.fspath(self._root) and remove_if_empty(left):
                left = os.path.dirname(left)
            if self._sync_each:
                sync_folder(left)
