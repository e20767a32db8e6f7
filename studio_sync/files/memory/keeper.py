"""The keeper: saves what a run is about to replace in files, for `studio undo`; all writers use it."""

import os
import weakref
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from studio_sync.errors import UnavailableError, is_full
from studio_sync.files.memory.kept import (
    Kept,
    Operation,
    Verb,
    bytes_digest,
    encoded,
    replacing_command,
)
from studio_sync.files.tree.disk.one_file import sync_folder, write_all

_CONFIG = "studio.yaml"
_BRINGS = frozenset(("pull", "init", "watch"))
"""Commands whose new files come from the database: undoing them would delete rows."""


class Keeper:
    """Keeps what one run replaces in one workspace. Its file is created with the first operation."""

    def __init__(self, root: Path, command: str = "") -> None:
        """`command` is the one that replaces; "": the running one."""
        self.root, self._command = root, command
        self._finds: Keeper | None = None
        self._handle: int | None = None
        self._close: weakref.finalize[..., Any] | None = None
        self._end = 0
        self._dirty = self._named = False

    def path_of(self, target: str) -> str:
        """A file's path inside the workspace."""
        return Path(os.path.relpath(target, self.root)).as_posix()

    def replaced(self, target: str, before: bytes, after: bytes, *, sync: bool) -> None:
        """Keep the bytes that will be replaced. On UnavailableError they must not be."""
        operation = Operation(
            Verb.REPLACE, self.path_of(target), "", bytes_digest(before), bytes_digest(after)
        )
        self._add(operation, before, sync=sync)

    def deleted(self, target: str, before: bytes, *, sync: bool) -> None:
        """Keep the bytes that will be deleted. On UnavailableError they must not be."""
        self._add(Operation(Verb.DELETE, self.path_of(target), "", bytes_digest(before)), before, sync=sync)

    def found(self, target: str, data: bytes) -> None:
        """Keep bytes that were found beside `target`, or written into it during its replacement.

        They have a run of their own: who undoes this command doesn't ask for them.
        """
        if self._command == Verb.FOUND:
            self._add(Operation(Verb.FOUND, self.path_of(target), "", bytes_digest(data)), data, sync=True)
        else:
            self._finds = self._finds or Keeper(self.root, Verb.FOUND)
            self._finds.found(target, data)

    def created(self, target: str, data: bytes) -> None:
        """Record a new file, if this command can be undone."""
        if replacing_command() not in _BRINGS:
            self._add(
                Operation(Verb.CREATE, self.path_of(target), "", "", bytes_digest(data)), b"", sync=False
            )

    def renamed(self, source: str, target: str) -> None:
        """Record a rename of a file or folder."""
        operation = Operation(Verb.RENAME, self.path_of(source), self.path_of(target))
        self._add(operation, b"", sync=False)

    def resolved(self, records: Iterable[tuple[str, bytes]]) -> None:
        """Keep what the memory says about records that a decision resolves, each with its file's path.

        On UnavailableError nothing must be decided.
        """
        for path, data in records:
            self._add(Operation(Verb.RESOLVED, path, "", bytes_digest(data)), data, sync=False)
        self.sync()

    @contextmanager
    def pushing(
        self, revision: str, label: str, *, unless: tuple[type[BaseException], ...]
    ) -> Iterator[None]:
        """Record a push and its revision in the ledger; errors void it, `unless` its outcome is unknown."""
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
        """Record that the last operation was not carried out."""
        with suppress(UnavailableError):
            self._add(Operation(Verb.VOID, ""), b"", sync=False)

    def sync(self, path: str = "") -> None:
        """Wait until everything kept, last about `path`, is on disk. Raises UnavailableError."""
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
        """Close the file."""
        if self._finds is not None:
            self._finds.close()
        if self._close is not None:
            self._close()
            self._handle = self._close = None

    def _add(self, operation: Operation, data: bytes, *, sync: bool) -> None:
        try:
            if self._handle is None:
                self._handle = Kept(self.root).new(self._command or replacing_command())
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
        if is_full(error):
            return UnavailableError(f"the disk is full: {what} could not be kept, and is as it was", hint)
        return UnavailableError(f"can't keep {what}: {error.strerror}; it is as it was", hint)


_keeper: ContextVar[Keeper | None] = ContextVar("keeper", default=None)


@contextmanager
def keeping(root: Path) -> Iterator[Keeper]:
    """Inside the block, everything kept of a workspace belongs to one run."""
    keeper = Keeper(_workspace(root))
    token = _keeper.set(keeper)
    try:
        yield keeper
    finally:
        _keeper.reset(token)
        keeper.close()


def keeper_of(folder: Path) -> Keeper:
    """The keeper for a folder: that of the running command, or a new one if none is running."""
    root, keeper = _workspace(folder), _keeper.get()
    return keeper if keeper is not None and keeper.root == root else Keeper(root)


def _workspace(folder: Path) -> Path:
    """The workspace around a folder; the folder itself if there is none yet."""
    folder = folder.resolve()
    return next((f for f in (folder, *folder.parents) if (f / _CONFIG).is_file()), folder)
