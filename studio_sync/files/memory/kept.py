"""What commands replaced in the files of a workspace, kept in the user's data folder.

A file a run: a line of JSON for each thing that was done to a file, followed by the bytes that it was before.
They stand apart from the workspace, where `git clean` would take them, and nobody else may read them.
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

from studio_sync.errors import UnavailableError
from studio_sync.files.tree.disk.plain_file import open_plain

_ENDING = ".kept"
_VERSION = 1
_DAY = 86_400 * 10**9

LEAST_DAYS = 7
"""Nothing younger is ever thrown away."""
DAYS = 90
"""Nothing younger is thrown away unless the user says otherwise, with STUDIO_KEPT_DAYS."""


class Verb(StrEnum):
    """What was done to a file or a folder."""

    REPLACE = "replace"
    DELETE = "delete"
    CREATE = "create"
    RENAME = "rename"
    FOUND = "found"
    """Nothing: these bytes were found where a run ended too early."""
    PUSH = "push"
    """Nothing: this run pushed; `to` is its revision in the ledger, `path` the database's label."""
    SETTLED = "settled"
    """Nothing: a conflict in this file was settled."""
    VOID = "void"
    """What the record before says was not done."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that a run did. Paths are relative to the workspace; `to` is the new one of what was renamed.

    `after` is the digest of the bytes that were written, "" where none were. `start` and `size` say where
    the bytes of before stand in the run's file, whose digest is `before`.
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
    """A command that replaced something: `at` is when, in nanoseconds."""

    id: str
    at: int
    command: str
    operations: tuple[Operation, ...]
    place: Path

    @property
    def revision(self) -> str:
        """What the ledger calls it, where it was a push that arrived; or else ""."""
        return next((o.to for o in self.operations if o.verb is Verb.PUSH), "")

    def content(self, operation: Operation) -> bytes:
        """The bytes of before. Raises UnavailableError where they can't be read any more."""
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
    """What tells bytes apart."""
    return sha256(data).hexdigest()


@dataclass(frozen=True, slots=True)
class Door:
    """A command, the data folder that its user named, and how many days things are kept there."""

    command: str = "studio"
    home: Path | None = None
    days: int = DAYS


_door: ContextVar[Door] = ContextVar("door", default=Door())  # noqa: B039 - it is frozen


@contextmanager
def coming_by(door: Door) -> Iterator[None]:
    """Inside the block, what is kept was replaced by this command, and is kept where it says."""
    token = _door.set(door)
    try:
        yield
    finally:
        _door.reset(token)


def replacing_command() -> str:
    """The command that is under way."""
    return _door.get().command


def data_folder() -> Path:
    """The folder where what was replaced is kept: the user's choice, or the system's place for such data."""
    home = _door.get().home
    if home is not None:
        return Path(os.path.abspath(home.expanduser()))
    import platformdirs

    return platformdirs.user_data_path("studio-sync", appauthor=False)


class Kept:
    """What is kept of one workspace, known by the path of its folder."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self.folder = data_folder() / "kept" / bytes_digest(os.fsencode(self.root))[:16]

    def runs(self) -> list[KeptRun]:
        """The runs of which something is kept, newest first."""
        try:
            _hold_own(self.folder)
            names = sorted((n for n in os.listdir(self.folder) if n.endswith(_ENDING)), reverse=True)
        except OSError:
            return []
        return [run for name in names if (run := _read(self.folder / name)) is not None]

    def new(self) -> int:
        """A new run's file, open for appending, with its head. Raises OSError."""
        _private(self.folder)
        self._evict()
        at = time.time_ns()
        place = self.folder / f"{at:020d}-{secrets.token_hex(4)}{_ENDING}"
        handle = os.open(place, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
        head = {"version": _VERSION, "command": replacing_command(), "workspace": os.fspath(self.root)}
        try:
            write_all(handle, json.dumps(head).encode() + b"\n")
        except BaseException:
            os.close(handle)
            with suppress(OSError):
                place.unlink()
            raise
        return handle

    def _evict(self) -> None:
        """Throw away what is old enough."""
        oldest = time.time_ns() - max(LEAST_DAYS, _door.get().days) * _DAY
        for name in os.listdir(self.folder):
            at = name.partition("-")[0]
            if name.endswith(_ENDING) and at.isdecimal() and int(at) < oldest:
                with suppress(OSError):
                    (self.folder / name).unlink()


def write_all(handle: int, data: bytes) -> None:
    """Write all of it. Raises OSError."""
    view = memoryview(data)
    while view:
        view = view[os.write(handle, view) :]


def encoded(operation: Operation, data: bytes) -> bytes:
    """An operation as it stands in a run's file."""
    said: dict[str, Any] = {"verb": operation.verb.value, "path": operation.path, "size": len(data)}
    said |= {n: v for n in ("to", "before", "after") if (v := getattr(operation, n))}
    return json.dumps(said).encode() + b"\n" + data + b"\n"


def _read(place: Path) -> KeptRun | None:
    """A run as its file says it, as far as that was written; None where it says nothing."""
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
            said = json.loads(line)
            size, start = int(said.pop("size")), file.tell()
            operation = Operation(Verb(said.pop("verb")), **said, start=start, size=size)
        except (ValueError, TypeError, KeyError):  # the last record of a killed run
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
    """Make a folder that is the user's alone, and those above it. Raises OSError."""
    missing = [p for p in folder.parents if not os.path.lexists(p)]
    # What root keeps elsewhere in there must stay reachable for the account that runs the server.
    above = 0o711 if os.name != "nt" and os.geteuid() == 0 else 0o700
    for place in reversed(missing):
        with suppress(FileExistsError):
            place.mkdir(0o700 if place.name == "kept" else above)
    with suppress(FileExistsError):
        folder.mkdir(0o700)
    _hold_own(folder)


def _hold_own(folder: Path) -> None:
    """Raise OSError unless a folder and the one above it are the user's own; others are shut out of them."""
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
