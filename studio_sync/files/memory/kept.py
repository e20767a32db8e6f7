"""The kept store: what commands replaced in a workspace's files, in the user's data folder, for undo.

One file for each run: for each operation a line of JSON, followed by the replaced bytes. The files are
outside the workspace, where `git clean` would delete them, and readable by the user alone.
"""

import errno
import json
import os
import secrets
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import Any

from studio_sync.errors import UnavailableError, UsageError
from studio_sync.files.tree.disk.one_file import write_all
from studio_sync.files.tree.disk.plain_file import open_plain

_ENDING = ".kept"
_VERSION = 1
_DAY = 86_400 * 10**9

LEAST_DAYS = 7
"""Nothing younger than this is ever deleted."""
_MOST_DIGITS = 6
DAYS = 90
"""How long runs are kept unless STUDIO_KEPT_DAYS says otherwise."""


class Verb(StrEnum):
    """The kind of an operation on a file or folder."""

    REPLACE = "replace"
    DELETE = "delete"
    CREATE = "create"
    RENAME = "rename"
    FOUND = "found"
    """No operation: these bytes were found where a run was killed."""
    PUSH = "push"
    """No operation: this run pushed; `to` is its revision in the ledger, `path` the database's label."""
    RESOLVED = "settled"
    """A decision about this file's record; the bytes are what the memory said about it (`RecordMemory`)."""
    VOID = "void"
    """The operation before this one was not carried out."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of a run. Paths are relative to the workspace; `to` is the new path of a rename.

    `after` is the digest of the written bytes, "" if none were. `start` and `size` locate the replaced bytes
    in the run's file, and `before` is their digest.
    """

    verb: Verb
    path: str
    to: str = ""
    before: str = ""
    after: str = ""
    start: int = 0
    size: int = 0


@dataclass(frozen=True, slots=True)
class KeptRun:
    """A run that replaced something; `at` is its time, in nanoseconds."""

    id: str
    at: int
    command: str
    operations: tuple[Operation, ...]
    place: Path

    @property
    def revision(self) -> str:
        """Its revision in the ledger, if it was a push that arrived; else ""."""
        return next((o.to for o in self.operations if o.verb is Verb.PUSH), "")

    def content(self, operation: Operation) -> bytes:
        """The replaced bytes. Raises UnavailableError if they can't be read any more."""
        try:
            with os.fdopen(open_plain(self.place), "rb") as file:
                file.seek(operation.start)
                data = file.read(operation.size)
        except OSError as error:
            raise UnavailableError(f"can't read {self.place}: {error.strerror}") from None
        if bytes_digest(data) != operation.before:
            raise UnavailableError(f"{self.place} is damaged: {operation.path} can't be read from it")
        return data


def bytes_digest(data: bytes) -> str:
    """A digest of bytes."""
    return sha256(data).hexdigest()


@dataclass(frozen=True, slots=True)
class Door:
    """The running command, its user's data folder, and for how many days runs are kept."""

    command: str = "studio"
    home: Path | None = None
    days: int = DAYS


def kept_days(given: str) -> int:
    """The days in a value of STUDIO_KEPT_DAYS, or in an empty one. Raises UsageError for no number."""
    if given and not (given.isdecimal() and len(given) <= _MOST_DIGITS):
        raise UsageError("STUDIO_KEPT_DAYS is no number of days", "for example STUDIO_KEPT_DAYS=30")
    return int(given or DAYS)


_door: ContextVar[Door] = ContextVar("door", default=Door())  # noqa: B039 - it is frozen


@contextmanager
def coming_by(door: Door) -> Iterator[None]:
    """Inside the block, operations are kept for this command, where it says."""
    token = _door.set(door)
    try:
        yield
    finally:
        _door.reset(token)


def replacing_command() -> str:
    """The running command."""
    return _door.get().command


def data_folder() -> Path:
    """The folder for kept files: the user's choice, or the system's place for application data."""
    home = _door.get().home
    if home is not None:
        return Path(os.path.abspath(home.expanduser()))
    import platformdirs

    return platformdirs.user_data_path("studio-sync", appauthor=False)


class Kept:
    """The kept runs of one workspace, identified by the path of its folder."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self.folder = data_folder() / "kept" / bytes_digest(os.fsencode(self.root))[:16]

    def runs(self) -> list[KeptRun]:
        """The kept runs, newest first."""
        try:
            _hold_own(self.folder)
            names = sorted((n for n in os.listdir(self.folder) if n.endswith(_ENDING)), reverse=True)
        except OSError:
            return []
        return [run for name in names if (run := _read(self.folder / name)) is not None]

    def new(self, command: str) -> int:
        """A new run's file, open for appending, with its header. Raises OSError."""
        _private(self.folder)
        self._evict()
        at = time.time_ns()
        place = self.folder / f"{at:020d}-{secrets.token_hex(4)}{_ENDING}"
        handle = os.open(place, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
        head = {"version": _VERSION, "command": command, "workspace": os.fspath(self.root)}
        try:
            write_all(handle, json.dumps(head).encode() + b"\n")
        except BaseException:
            os.close(handle)
            with suppress(OSError):
                place.unlink()
            raise
        return handle

    def _evict(self) -> None:
        """Delete runs that are old enough."""
        oldest = time.time_ns() - max(LEAST_DAYS, _door.get().days) * _DAY
        for name in os.listdir(self.folder):
            at = name.partition("-")[0]
            if name.endswith(_ENDING) and at.isdecimal() and int(at) < oldest:
                with suppress(OSError):
                    (self.folder / name).unlink()


def encoded(operation: Operation, data: bytes) -> bytes:
    """An operation as it is written to a run's file."""
    header: dict[str, Any] = {"verb": operation.verb.value, "path": operation.path, "size": len(data)}
    header |= {n: v for n in ("to", "before", "after") if (v := getattr(operation, n))}
    return json.dumps(header).encode() + b"\n" + data + b"\n"


def _read(place: Path) -> KeptRun | None:
    """Read a run's file as far as it was written; None if it has no complete header."""
    at, _, own = place.name.removesuffix(_ENDING).partition("-")
    try:
        with os.fdopen(open_plain(place), "rb") as file:
            head = json.loads(file.readline())
            if not at.isdecimal() or not isinstance(head, dict) or head.get("version") != _VERSION:
                return None
            return KeptRun(own, int(at), str(head.get("command", "")), tuple(_operations(file)), place)
    except (OSError, ValueError):
        return None


def _operations(file: Any) -> Iterator[Operation]:
    waiting: Operation | None = None
    end = os.fstat(file.fileno()).st_size
    while line := file.readline():
        try:
            header = json.loads(line)
            size, start = int(header.pop("size")), file.tell()
            operation = Operation(Verb(header.pop("verb")), **header, start=start, size=size)
        except (ValueError, TypeError, KeyError):  # the last line of a killed run
            break
        if start + size + 1 > end:
            break
        file.seek(start + size + 1)
        if operation.verb is Verb.VOID:
            waiting = None
            continue
        if waiting is not None:
            yield waiting
        waiting = operation
    if waiting is not None:
        yield waiting


def _private(folder: Path) -> None:
    """Create a folder that only the user can access, with its parents. Raises OSError."""
    missing = [p for p in folder.parents if not os.path.lexists(p)]
    # Data that root keeps elsewhere in it must stay reachable for the server's account.
    above = 0o711 if os.name != "nt" and os.geteuid() == 0 else 0o700
    for place in reversed(missing):
        with suppress(FileExistsError):
            place.mkdir(0o700 if place.name == "kept" else above)
    with suppress(FileExistsError):
        folder.mkdir(0o700)
    _hold_own(folder)


def _hold_own(folder: Path) -> None:
    """Raise OSError unless a folder and its parent are the user's own; deny others access to them."""
    for place in (folder.parent, folder):
        status = place.lstat()
        if not stat.S_ISDIR(status.st_mode):
            raise NotADirectoryError(errno.ENOTDIR, "it is no folder", os.fspath(place))
        if os.name == "nt":
            continue
        if status.st_uid != os.geteuid():
            raise PermissionError(errno.EPERM, "the folder belongs to another user", os.fspath(place))
        if status.st_mode & 0o077:
            place.chmod(0o700)
