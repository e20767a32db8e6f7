"""What a store's ledger must do: the versions and notes that it holds, and the past that they tell.

See `studio_sync/database/store.py` for the rest of the contract, and for what `Rid` and `top` mean.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from studio_sync.core.history.known_versions import RecordHistory
from studio_sync.core.values.record import Rid, Version
from studio_sync.core.values.row_summary import Last
from studio_sync.core.values.value import Value
from studio_sync.database.values.ledger_past import (
    Author,
    Entered,
    LastKnown,
    LedgerMoment,
    Logged,
    Past,
    RecordRun,
)
from studio_sync.database.values.row_change import RowChange


class StoreLedger(Protocol):
    """The append-only list of versions and notes, as it could be read and written when it was asked for.

    Of a ledger that is not `readable`, every question is answered as of an empty one; those that say so need
    one that is.
    """

    left_out: set[str]
    """The kinds of entries that were met and that this studio has no use for."""
    version: int | None
    readable: bool
    writable: bool
    bounded: bool
    """Whether the role may see only a part of it."""

    @property
    def is_newer(self) -> bool:
        """Whether a newer studio made it, whose entries can't be read here."""
        ...

    def hold_writable(self, label: str) -> None:
        """Raise UnavailableError unless versions can be entered: no push goes unrecorded."""
        ...

    def histories(self, rids: Collection[Rid]) -> Mapping[Rid, RecordHistory]:
        """All that is known of these records; those of which nothing is are left out."""
        ...

    def latest(self, rids: Collection[Rid]) -> Mapping[Rid, tuple[int, Version | None]]:
        """The number and the content (None: deleted) of the newest version of each of these records."""
        ...

    def documents(self, wanted: Collection[tuple[Rid, int]]) -> Mapping[tuple[Rid, int], Mapping[str, Value]]:
        """The values of versions, by record and number; deletions are left out."""
        ...

    def repeated(self, rids: Collection[Rid]) -> set[Rid]:
        """Those of the records of which more than one version is known."""
        ...

    def was_decided(self, rid: Rid, choice: str, reason: str) -> bool:
        """Whether a version of a record was made by just this decision."""
        ...

    def pushed_commits(self, covers: Collection[str] | None, among: Collection[str]) -> set[str]:
        """Those commits from which all was pushed that they say about these rows at the top (None: all)."""
        ...

    def newest_run(self) -> str:
        """The run that wrote last, "" if there is none."""
        ...

    def newest_of(self, runs: Collection[str]) -> str:
        """Which of these runs wrote last, "" if none of them is there. It must be readable."""
        ...

    def last_rows(self, rids: Collection[Rid]) -> Mapping[Rid, str]:
        """The id of the row that each of these records had last. It must be readable."""
        ...

    def former_tops(self, rids: Collection[Rid]) -> Mapping[Rid, set[str]]:
        """The rows at the top below which each of these ever stood. It must be readable."""
        ...

    def odd_entries(self) -> Mapping[str, int]:
        """How many entries are no versions, by the kind that they name. It must be readable."""
        ...

    def missing_indexes(self) -> Sequence[str]:
        """What would make answers faster, and is not there."""
        ...


class StorePast(Protocol):
    """A readable ledger read as a history: which runs wrote what, and what records said at some moment."""

    left_out: set[str]
    """The kinds of entries that were met and that this studio has no use for."""

    def runs(
        self,
        rids: Collection[Rid] | None,
        limit: int,
        *,
        author: str = "",
        since: datetime | None = None,
        until: datetime | None = None,
        kinds: Sequence[str] = (),
    ) -> Sequence[Logged]:
        """The newest runs that entered versions, of these records or of any; newest first.

        `author` is a part of a name, an address or a role. One of the versions must be of one of the `kinds`.
        """
        ...

    def run(self, start: str) -> Sequence[Logged]:
        """The runs whose id begins so; two where it's not clear which is meant."""
        ...

    def entered(self, runs: Collection[str], rids: Collection[Rid] | None = None) -> Iterator[Entered]:
        """What these runs entered, of these records or of any, by record and number."""
        ...

    def held(self, tops: Collection[str] | None) -> Mapping[Rid, LastKnown]:
        """What was last known of every record, below these records at the top or of all."""
        ...

    def tops(self, kind: str, slots: Collection[str]) -> Sequence[str]:
        """The rows at the top that have or had one of these slots."""
        ...

    def titles(self, field: str, rids: Collection[Rid]) -> Mapping[Rid, str]:
        """The newest title, in the field of that name, of each of these records."""
        ...

    def at(self, rids: Collection[Rid], moment: LedgerMoment) -> Mapping[Rid, Past]:
        """What these records said at a moment; those are left out that the ledger did not know then."""
        ...

    def authors(self, rids: Collection[Rid]) -> Mapping[Rid, Author]:
        """Who made the newest version of each of these; those that studio merely saw are left out."""
        ...

    def record_runs(self, rid: Rid, kind: str) -> Sequence[RecordRun]:
        """The versions of a record with their runs, the oldest first; deletions are left out."""
        ...

    def changes_of(self, rids: Collection[Rid]) -> Mapping[Rid, Sequence[RowChange]]:
        """What others changed in these records, as it was entered when it happened; the oldest first."""
        ...

    def changes_in(self, runs: Collection[str]) -> Sequence[RowChange]:
        """What others changed in these of the `runs`, which are transactions of theirs; the oldest first."""
        ...

    def last_changes(self, versions: Mapping[Rid, Version]) -> Mapping[Rid, Last]:
        """Who pushed what rows say now, `versions`; those are left out that somebody else changed since."""
        ...
