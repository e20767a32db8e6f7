"""Keeps what a run is about to replace, before it does; every writer of files asks here."""

import errno
import os
import weakref
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from studio_sync.errors import UnavailableError
from studio_sync.files.memory.kept import (
    Kept,
    Operation,
    Verb,
    bytes_digest,
    encoded,
    replacing_command,
    write_all,
)
from studio_sync.files.tree.disk.one_file import sync_folder

_CONFIG = "studio.yaml"
_BRINGS = frozenset(("pull", "init", "watch"))
"""Commands whose new files are the database's: taking them back would delete rows."""


class Keeper:
    """What one run keeps of one workspace. Its file appears with the first thing that is kept."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._handle: int | None = None
        self._close: weakref.finalize[..., Any] | None = None
        self._end = 0
        self._dirty = self._named = False

    def path_of(self, target: str) -> str:
        """The path of a file inside the workspace."""
        return Path(os.path.relpath(target, self.root)).as_posix()

    def replaced(self, target: str, before: bytes, after: bytes, *, sync: bool) -> None:
        """Keep what a file says that is about to be replaced. Raises UnavailableError: then it may not be."""
        said = Operation(Verb.REPLACE, self.path_of(target), "", bytes_digest(before), bytes_digest(after))
        self._add(said, before, sync=sync)

    def deleted(self, target: str, before: bytes, *, sync: bool) -> None:
        """Keep what a file says that is about to be deleted. Raises UnavailableError: then it may not be."""
        self._add(Operation(Verb.DELETE, self.path_of(target), "", bytes_digest(before)), before, sync=sync)

    def found(self, target: str, data: bytes) -> None:
        """Keep bytes that were found beside `target`, or came into it while it was replaced."""
        self._add(Operation(Verb.FOUND, self.path_of(target), "", bytes_digest(data)), data, sync=True)

    def created(self, target: str, data: bytes) -> None:
        """Note a new file, if this is a run that can be taken back."""
        if replacing_command() not in _BRINGS:
            self._add(
                Operation(Verb.CREATE, self.path_of(target), "", "", bytes_digest(data)), b"", sync=False
            )

    def renamed(self, source: str, target: str) -> None:
        """Note that a file or folder has another name."""
        said = Operation(Verb.RENAME, self.path_of(source), self.path_of(target))
        self._add(said, b"", sync=False)

    def settled(self, paths: Iterable[str]) -> None:
        """Note that conflicts in these files were settled, maybe without a change of them."""
        with suppress(UnavailableError):
            for path in paths:
                self._add(Operation(Verb.SETTLED, path), b"", sync=False)

    @contextmanager
    def pushing(
        self, revision: str, label: str, *, unless: tuple[type[BaseException], ...]
    ) -> Iterator[None]:
        """Note what the ledger calls this run; after an error it did not arrive, `unless` nobody can say."""
        with suppress(UnavailableError):
            self._add(Operation(Verb.PUSH, label, revision), b"", sync=False)
        try:
            yield
        except unless:
            raise
        except BaseException:
            self.void()
            raise

    def void(self) -> None:
        """Note that what was kept last was not replaced after all."""
        with suppress(UnavailableError):
            self._add(Operation(Verb.VOID, ""), b"", sync=False)

    def sync(self, path: str = "") -> None:
        """Wait until everything that was kept, last of `path`, is on the disk. Raises UnavailableError."""
        if self._handle is not None and self._dirty:
            try:
                os.fsync(self._handle)
                if not self._named:
                    sync_folder(os.fspath(Kept(self.root).folder))
                    self._named = True
            except OSError as error:
                raise self._failure(path, error) from None
            self._dirty = False

    def close(self) -> None:
        """Let go of the file."""
        if self._close is not None:
            self._close()
            self._handle = self._close = None

    def _add(self, operation: Operation, data: bytes, *, sync: bool) -> None:
        try:
            if self._handle is None:
                self._handle = Kept(self.root).new()
                self._close = weakref.finalize(self, os.close, self._handle)
                self._end = os.lseek(self._handle, 0, os.SEEK_END)
            record = encoded(operation, data)
            try:
                write_all(self._handle, record)
            except OSError:
                with suppress(OSError):
                    os.ftruncate(self._handle, self._end)
                    os.lseek(self._handle, self._end, os.SEEK_SET)
                raise
            self._end += len(record)
            self._dirty = True
        except OSError as error:
            raise self._failure(operation.path, error) from None
        if sync:
            self.sync(operation.path)

    def _failure(self, path: str, error: OSError) -> UnavailableError:
        folder = Kept(self.root).folder
        hint = f"studio keeps what it replaces in {folder}: make room there, or set STUDIO_HOME elsewhere"
        what = path or "what would be replaced"
        if error.errno == errno.ENOSPC:
            return UnavailableError(f"the disk is full: {what} could not be kept, and is as it was", hint)
        return UnavailableError(f"can't keep {what}: {error.strerror}; it is as it was", hint)


_keeper: ContextVar[Keeper | None] = ContextVar("keeper", default=None)


@contextmanager
def keeping(root: Path) -> Iterator[Keeper]:
    """Inside the block, everything that is kept of a workspace is kept as one run."""
    keeper = Keeper(_workspace(root))
    token = _keeper.set(keeper)
    try:
        yield keeper
    finally:
        _keeper.reset(token)
        keeper.close()


def keeper_of(folder: Path) -> Keeper:
    """What keeps what is replaced below a folder: the run's, or where none is under way one of its own."""
    root, keeper = _workspace(folder), _keeper.get()
    return keeper if keeper is not None and keeper.root == root else Keeper(root)


def _workspace(folder: Path) -> Path:
    """The workspace around a folder; the folder itself where there is none yet."""
    folder = folder.resolve()
    return next((f for f in (folder, *folder.parents) if (f / _CONFIG).is_file()), folder)
