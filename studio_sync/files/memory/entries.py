"""Entries of the memory: a file with its stat (a stat index, as git's), a merge base; their table rows."""

import json
import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from sys import intern
from types import MappingProxyType
from typing import Any

from studio_sync.core.checks.weights import is_advice
from studio_sync.core.values.problem import Problem, Severity
from studio_sync.core.values.record import Version
from studio_sync.files.tree.disk.plain_file import Stat
from studio_sync.files.tree.walking.listing import stamp_of

_STAT = struct.Struct("=4q")


def packed_stat(stat: Stat) -> bytes:
    """A stat as an entry holds it: 65 bytes of memory instead of 210 for a tuple and its numbers."""
    return _STAT.pack(*stat)


@dataclass(frozen=True, slots=True)
class FileEntry:
    """A file as it was last read. `digests` is None if it can't be read as a record."""

    path: str
    packed: bytes
    kind: str
    parent: str
    slot: str
    id: str | None
    digests: bytes | None
    problems: tuple[Problem, ...]

    @property
    def stat(self) -> Stat:
        """The file's stat when it was read."""
        size, mtime, ctime, inode = _STAT.unpack(self.packed)
        return size, mtime, ctime, inode

    @property
    def version(self) -> Version:
        """The file's version with paths as identities, for where the rows are unknown."""
        return Version(self.path, self.kind, self.parent, self.slot, self.digests or b"")

    @property
    def faults(self) -> tuple[Problem, ...]:
        """The problems without advice about the content."""
        return tuple(problem for problem in self.problems if not is_advice(problem))


_NO_PLACES: Mapping[str, int] = MappingProxyType({})
"""One for all, as nearly every base has no others: 64 bytes less for each."""


@dataclass(frozen=True, slots=True)
class Base:
    """The merge base of a record in one database.

    `row_id`: the 16 bytes of the row's UUID. `token`: its xmin at this version. `settled`: file and row both
    had this version when last compared. `number`: that of the ledger's newest version then, 0 if none.
    `places`: the fields whose known version is older, with its number. `held`: the digests of the file when
    this base was saved; None if equal to `version`. `at`: when that was, in nanoseconds.
    """

    version: Version
    path: str
    row_id: bytes
    token: int | None
    settled: bool
    number: int = 0
    places: Mapping[str, int] = field(default_factory=lambda: _NO_PLACES)
    held: bytes | None = None
    at: int = 0

    def numbered(self, number: int, at: int) -> "Base":
        """This base with that number, saved at that time; `replace` takes three times as long."""
        return Base(
            self.version, self.path, self.row_id, self.token, self.settled, number, self.places, self.held, at
        )


def file_row(entry: FileEntry) -> tuple[Any, ...]:
    """A file as a row of the table `files`."""
    problems = json.dumps([asdict(p) for p in entry.problems]) if entry.problems else None
    stat = entry.stat
    head = (entry.path, *stat, stamp_of(stat), entry.kind, entry.parent, entry.slot, entry.id, entry.digests)
    return (*head, problems)


def file_entry(row: Sequence[Any]) -> FileEntry:
    """The file in a row of the table `files`."""
    path, size, mtime, ctime, inode, _, kind, parent, slot, own, digests, problems = row
    found: tuple[Problem, ...] = ()
    if problems:
        found = tuple(Problem(**{**p, "severity": Severity(p["severity"])}) for p in json.loads(problems))
    # Files of one folder share these texts: 160 bytes less for each.
    kind, parent = intern(kind), intern(parent)
    return FileEntry(path, _STAT.pack(size, mtime, ctime, inode), kind, parent, slot, own, digests, found)


def base_of(row: Sequence[Any]) -> Base:
    """The base in a row of the table `bases`."""
    rid, kind, parent, slot, digests, path, row_id, token, settled, number, places, held, at = row
    version = Version(rid, kind, parent, slot, digests)
    apart = json.loads(places) if places else _NO_PLACES
    return Base(version, path, row_id, token, bool(settled), number, apart, held, at)


def base_row(base: Base, at: int) -> tuple[Any, ...]:
    """A base as a row of the table `bases`; one without a time of its own gets `at`."""
    v = base.version
    places = json.dumps(dict(base.places)) if base.places else None
    head = (v.rid, v.kind, v.parent, v.slot, v.digests, base.path, base.row_id, base.token)
    return (*head, int(base.settled), base.number, places, base.held, base.at or at)


def grouped(rows: Iterable[tuple[str, str]]) -> list[tuple[str, list[str]]]:
    """The rows' paths, grouped by the value before them."""
    groups: dict[str, list[str]] = {}
    for name, path in rows:
        groups.setdefault(name, []).append(path)
    return list(groups.items())
