"""Values of the ledger's history: runs, the versions that they entered, authors."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from studio_sync.core.values.record import Version
from studio_sync.core.values.value import Value


@dataclass(frozen=True, slots=True)
class Logged:
    """A run in the ledger. `source` is the command; `commit` and `message` may be empty."""

    id: str
    at: datetime
    actor: str
    role: str
    source: str
    commit: str
    message: str


@dataclass(frozen=True, slots=True)
class RunFilter:
    """The runs to include; an empty field does not filter.

    `author` is a substring of a name, an address or a role. `since` and `until` are times with a zone. A run
    must have a version, or a tracked change, of one of the `kinds`, given by name.
    """

    author: str = ""
    since: datetime | None = None
    until: datetime | None = None
    kinds: Sequence[str] = ()


ALL_RUNS = RunFilter()


@dataclass(frozen=True, slots=True)
class Entered:
    """A version that a run entered, and the one before it; None: the record didn't exist.

    `place` has the record's parent and slot, even if deleted. `known` is false if the version before was
    pruned: then `before` is None, and the change is unknown.
    """

    run: str
    number: int
    place: Version
    before: Version | None
    after: Version | None
    before_number: int
    known: bool
    decision: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class LastKnown:
    """The last known state of a record: its place, and whether it was deleted."""

    place: Version
    number: int
    deleted: bool


@dataclass(frozen=True, slots=True)
class LedgerMoment:
    """A moment in the ledger: right after a run, right before it, or a time."""

    at: datetime
    run: str = ""
    before: bool = False


@dataclass(frozen=True, slots=True)
class Past:
    """A record at a moment: number and values of its version (None: deleted), and its time."""

    number: int
    place: Version
    values: Mapping[str, Value] | None
    since: datetime


@dataclass(frozen=True, slots=True)
class RecordRun:
    """A version of a record, and the run that entered it.

    A tracked change has no number, but the database `role` that made it.
    """

    number: int
    digests: bytes
    run: str
    at: datetime
    actor: str
    source: str
    commit: str
    message: str
    role: str = ""


@dataclass(frozen=True, slots=True)
class Author:
    """Who made a version with studio, when, and why; `version` is None for a deletion.

    `actor` is "" if only the row's own time is known. `afterwards`: somebody changed the row after that
    without studio.
    """

    version: Version | None
    at: datetime
    actor: str = ""
    message: str = ""
    afterwards: bool = False
