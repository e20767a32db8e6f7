"""What the ledger tells of the past: runs, and the versions that they entered."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from studio_sync.core.values.record import Version
from studio_sync.core.values.value import Value


@dataclass(frozen=True, slots=True)
class Logged:
    """A run that wrote into the ledger. `source` is the command; `commit` and `message` may be empty."""

    id: str
    at: datetime
    actor: str
    role: str
    source: str
    commit: str
    message: str


@dataclass(frozen=True, slots=True)
class Entered:
    """A version that a run entered, and the one before it; None: there was no record, or none any more.

    `place` says where the record stood, also if it was deleted. `known` is false where the version
    before was pruned: then `before` is None, and nobody can say what changed.
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
    """What the ledger last knew of a record: where it stood, and whether it was deleted."""

    place: Version
    number: int
    gone: bool


@dataclass(frozen=True, slots=True)
class LedgerMoment:
    """A moment in the ledger: right after a run, or right before it, or a time of the clock."""

    at: datetime
    run: str = ""
    before: bool = False


@dataclass(frozen=True, slots=True)
class Past:
    """A record at a moment: its version's number and values (None: it was deleted), and since when."""

    number: int
    place: Version
    values: Mapping[str, Value] | None
    since: datetime


@dataclass(frozen=True, slots=True)
class RecordRun:
    """A version of a record, and the run that entered it.

    What was entered as it happened has no number, and the `role` that did it.
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
    """Who made a version through studio, when, and why; `version` is None for a deletion."""

    version: Version | None
    at: datetime
    actor: str
    message: str
