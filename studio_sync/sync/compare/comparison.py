"""What a comparison finds."""

import os
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from typing import TypeVar

from studio_sync.core.history.merge_base import BaseResolution
from studio_sync.core.plan.contest import Contest
from studio_sync.core.plan.reconcile import Delta
from studio_sync.core.values.problem import Problem
from studio_sync.core.values.record import Rid
from studio_sync.files.memory.entries import Base, FileEntry

T = TypeVar("T")

PROVISIONAL = "path:"
"""What the identity of a record begins with whose file carries no id yet."""


@dataclass(frozen=True, slots=True)
class RowFacts:
    """What is known of a row beside its version; `title` is what a new folder is named after."""

    row_id: bytes
    token: int | None
    updated_at: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True)
class Apart:
    """A record that is left out of the comparison, and its parent on each side, None where it is not there.

    `held`: its file can't be taken up as it is now. Else it is outside of what is looked at.
    """

    local: Rid | None
    remote: Rid | None
    held: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a comparison found: every record that does not agree, in the order of the tree.

    `agreed` counts the records that do. `entries` and `facts` give the file and the row of a delta's
    record, by rid. `blocked` are problems that keep a delta from being pushed, by rid, `unsure` those that
    keep it from being written to either side. `awaiting` says for records that would take another one's
    place in the database, which that other one is. `apart` are records that may differ and were left out,
    `contests` those that have to do with a contested deletion. `out_of_order` are the parents whose rows
    don't stand in the order of their numbers. `keys` and `paths` are those that were asked for so far.
    `resolutions` are what the deltas' bases come from. `unrecorded` are records that agree, and whose
    version the ledger does not have; `vanished` are records that were remembered and that neither side has.
    """

    deltas: Sequence[Delta] = ()
    agreed: int = 0
    problems: Sequence[Problem] = ()
    blocked: Mapping[Rid, Sequence[Problem]] = field(default_factory=dict)
    unsure: Mapping[Rid, Problem] = field(default_factory=dict)
    awaiting: Mapping[Rid, Rid] = field(default_factory=dict)
    apart: Mapping[Rid, Apart] = field(default_factory=dict)
    contests: Mapping[Rid, Contest] = field(default_factory=dict)
    out_of_order: AbstractSet[Rid] = frozenset()
    entries: Mapping[Rid, FileEntry] = field(default_factory=dict)
    facts: Mapping[Rid, RowFacts] = field(default_factory=dict)
    keys: Mapping[Rid, str] = field(default_factory=dict)
    paths: Mapping[Rid, str] = field(default_factory=dict)
    resolutions: Mapping[Rid, BaseResolution] = field(default_factory=dict)
    unrecorded: Sequence[Base] = ()
    vanished: Sequence[Rid] = ()

    def with_blocked(self, found: Mapping[Rid, Sequence[Problem]]) -> "Comparison":
        """The same, with more problems that keep deltas from being pushed."""
        return replace(self, blocked=joined(self.blocked, found))


def joined(*parts: Mapping[Rid, Sequence[Problem]]) -> dict[Rid, Sequence[Problem]]:
    """The problems of all these parts, by record."""
    found: dict[Rid, Sequence[Problem]] = {}
    for part in parts:
        for rid, problems in part.items():
            found[rid] = [*found.get(rid, ()), *problems]
    return found


def chunks(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """`items` in runs of at most `size`, for queries that take only so many."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def new_id() -> str:
    """A new random UUID (version 4), as text; uuid.uuid4() takes four times as long."""
    digits = os.urandom(16).hex()
    variant = "89ab"[int(digits[16], 16) & 3]
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"
