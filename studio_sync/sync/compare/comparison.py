"""The result value of a comparison: deltas, problems, and records left out."""

import os
import posixpath
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from studio_sync.core.plan.reconcile import Delta
from studio_sync.core.values.layout import whole_path
from studio_sync.core.values.problem import Problem
from studio_sync.core.values.record import Omitted, Rid, Version
from studio_sync.core.values.value import Value
from studio_sync.files.memory.entries import Base, FileEntry
from studio_sync.sync.read.spool import Spool

if TYPE_CHECKING:
    from studio_sync.core.history.merge_base import BaseResolution
    from studio_sync.core.plan.contest import Contest

PROVISIONAL = "path:"
"""Prefix of the provisional identity of a record whose file carries no id yet."""


@dataclass(frozen=True, slots=True)
class RowFacts:
    """Facts about a row beside its version.

    A new folder is named after `title`. `plain`: `load_plain_json` reads the row in the spool.
    """

    row_id: bytes
    token: int | None
    updated_at: str = ""
    title: str = ""
    plain: bool = False


@dataclass(frozen=True, slots=True)
class Apart:
    """A record left out of the comparison, with its parent on each side; None where it doesn't exist.

    `held`: the path that can't be taken up as it is now, and is its file or may have it; "" if the record is
    outside the workspace's scope. `hidden`: its row may exist, and is hidden from the role. `row`: its row's
    version, as far as known.
    """

    local: Rid | None
    remote: Rid | None
    held: str
    hidden: bool = False
    row: Version | None = None

    @classmethod
    def of(
        cls, local: Version | None, remote: Version | None, *, held: str = "", hidden: bool = False
    ) -> "Apart":
        """A record with these versions, its parent on each side as far as known."""
        return cls(local.parent if local else None, remote.parent if remote else None, held, hidden, remote)


@dataclass(frozen=True, slots=True)
class Comparison:
    """The result of a comparison: every record that differs, in tree order.

    `agreed`: the number of records that agree. `entries`, `facts`: file and row of a delta's record, by rid.
    `blocked`: problems that keep a delta from being pushed; `unsure`: from being written to either side.
    `awaiting`: maps a record that would take another one's place in the database to that one. `apart`:
    records that were left out and may differ. `contests`: records involved in a contested deletion.
    `first`: what to do with what keeps the files of a conflict where they are: a file that is held below a
    contested deletion, by its topmost record, or above the place that a record has in the database; or a
    conflict above the deletion.
    `along`: conflicts that must be decided at once with another one, which would move to their places.
    `out_of_order`: parents whose rows are not in the order of their numbers. `paths`: as far as asked for.
    `resolutions`: where the deltas' merge bases come from. `unrecorded`: records that agree, and whose
    version the ledger lacks. `vanished`: records with a saved base that exist on neither side. `deleted`:
    records whose rows were deleted, and whose files stand. `prefix` begins the paths that people see. `key`
    makes a record's natural key: those of a whole tree would be held for nothing.
    """

    deltas: Sequence[Delta] = ()
    agreed: int = 0
    problems: Sequence[Problem] = ()
    blocked: Mapping[Rid, Sequence[Problem]] = field(default_factory=dict)
    unsure: Mapping[Rid, Problem] = field(default_factory=dict)
    awaiting: Mapping[Rid, Rid] = field(default_factory=dict)
    apart: Mapping[Rid, Apart] = field(default_factory=dict)
    contests: "Mapping[Rid, Contest]" = field(default_factory=dict)
    first: Mapping[Rid, str] = field(default_factory=dict)
    along: Mapping[Rid, Sequence[Rid]] = field(default_factory=dict)
    out_of_order: AbstractSet[Rid] = frozenset()
    entries: Mapping[Rid, FileEntry] = field(default_factory=dict)
    facts: Mapping[Rid, RowFacts] = field(default_factory=dict)
    paths: Mapping[Rid, str] = field(default_factory=dict)
    resolutions: "Mapping[Rid, BaseResolution]" = field(default_factory=dict)
    unrecorded: Sequence[Base] = ()
    vanished: Sequence[Rid] = ()
    deleted: AbstractSet[Rid] = frozenset()
    prefix: str = ""
    key: Callable[[Rid], str] = str

    def resolved_at(self, delta: Delta) -> str:
        """The path at which a conflict is resolved: its file, or the folder of all that one side deleted."""
        contest = self.contests.get(delta.rid)
        if delta.fields or contest is None or contest.top == delta.rid:
            path = self.paths[delta.rid]
            return path if delta.fields else whole_path(delta.kind, path)
        kind = next(d.kind for d in self.deltas if d.rid == contest.top)
        return whole_path(kind, self.paths[contest.top])

    def done_first(self, delta: Delta) -> str:
        """What must be done before the file can go, or move, as its row did; "" if nothing."""
        contest = self.contests.get(delta.rid) if not delta.fields else None
        return self.first.get(contest.top if contest is not None else delta.rid, "")

    def decided_with(self, delta: Delta) -> Sequence[str]:
        """The paths, as people see them, of what must be decided at once with a conflict."""
        return [self.prefix + self.paths[rid] for rid in self.along.get(delta.rid, ())]

    def contested_where(self, delta: Delta) -> str:
        """Where something else contests the deletion of a record: `below it: PATH`; "" if itself."""
        contest = self.contests.get(delta.rid)
        if contest is None or contest.by == delta.rid:
            return ""
        by, folder = self.paths[contest.by], f"{whole_path(delta.kind, self.paths[delta.rid])}/"
        if by.startswith(folder):
            return f"below it: {by.removeprefix(folder)}"
        if contest.top == delta.rid:
            return f"below it: {self.prefix}{by}"
        return f"elsewhere in {posixpath.basename(posixpath.dirname(self.paths[contest.top]))}"

    def with_blocked(self, found: Mapping[Rid, Sequence[Problem]]) -> "Comparison":
        """A copy with more problems that keep deltas from being pushed."""
        return replace(self, blocked=joined(self.blocked, found))


class RecordValues:
    """The values of compared records, read on demand."""

    def __init__(
        self, comparison: Comparison, spool: Spool, read: Callable[[FileEntry], dict[str, Value | Omitted]]
    ) -> None:
        self._comparison, self._spool, self._read = comparison, spool, read

    def local(self, rid: Rid) -> dict[str, Value | Omitted]:
        """The canonical values in the record's file."""
        return self._read(self._comparison.entries[rid])

    def remote(self, rid: Rid) -> dict[str, Value]:
        """The canonical values in the record's row. Raises KeyError if it wasn't read."""
        return dict(self._spool.get(f"row:{rid}"))


def joined(*parts: Mapping[Rid, Sequence[Problem]]) -> dict[Rid, Sequence[Problem]]:
    """The problems of all these parts, by record."""
    found: dict[Rid, Sequence[Problem]] = {}
    for part in parts:
        for rid, problems in part.items():
            found[rid] = [*found.get(rid, ()), *problems]
    return found


def new_id() -> str:
    """A new random UUID (version 4), as text; uuid.uuid4() takes four times as long."""
    digits = os.urandom(16).hex()
    variant = "89ab"[int(digits[16], 16) & 3]
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"
