"""What a store's ledger must do: versions and notes of records, and the history of runs.

See `studio_sync/database/store.py` for the rest of the contract, and for what `Rid` and `top` mean.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Protocol

from studio_sync.core.history.known_versions import RecordHistory
from studio_sync.core.values.record import Rid, Version
from studio_sync.core.values.row_summary import Last
from studio_sync.core.values.value import Value
from studio_sync.database.values.ledger_past import (
    ALL_RUNS,
    Author,
    Entered,
    LastKnown,
    LedgerMoment,
    Logged,
    Past,
    RecordRun,
    RunFilter,
)
from studio_sync.database.values.row_change import RowChange


class StoreLedger(Protocol):
    """The append-only list of versions and notes, as readable and writable when it was opened.

    If it is not `readable`, every method answers as for an empty ledger; methods that say so require a
    readable one.
    """

    left_out: set[str]
    """Kinds of entries that were read and that this version of studio doesn't know."""
    version: int | None
    readable: bool
    writable: bool
    bounded: bool
    """Whether row-level security lets the role see only a part of it."""

    @property
    def is_newer(self) -> bool:
        """Whether a newer version of studio created it, so that its entries can't be read here."""

    def hold_writable(self, label: str) -> None:
        """Raise UnavailableError unless versions can be entered: no push goes unrecorded."""

    def histories(self, rids: Collection[Rid]) -> Mapping[Rid, RecordHistory]:
        """The histories of these records; records without one are omitted."""

    def latest(self, rids: Collection[Rid]) -> Mapping[Rid, tuple[int, Version | None]]:
        """Number and content (None: deleted) of the newest version of each of these records."""

    def documents(self, wanted: Collection[tuple[Rid, int]]) -> Mapping[tuple[Rid, int], Mapping[str, Value]]:
        """The values of versions, by record and number; deletions are omitted."""

    def repeated(self, rids: Collection[Rid]) -> set[Rid]:
        """Those of the records that have more than one version."""

    def was_decided(self, rid: Rid, choice: str, reason: str) -> bool:
        """Whether a version of a record was made by exactly this decision."""

    def pushed_commits(self, covers: Collection[str] | None, among: Collection[str]) -> set[str]:
        """Those commits whose decisions about these top rows (None: all rows) were pushed completely."""

    def newest_run(self) -> str:
        """The newest run, "" if there is none."""

    def newest_of(self, runs: Collection[str]) -> str:
        """The newest of these runs, "" if the ledger has none of them. It must be readable."""

    def last_rows(self, rids: Collection[Rid]) -> Mapping[Rid, str]:
        """The last row id of each of these records. It must be readable."""

    def former_tops(self, rids: Collection[Rid]) -> Mapping[Rid, set[str]]:
        """All top rows below which each of these records ever was. It must be readable."""

    def odd_entries(self, tops: Collection[str] | None) -> Mapping[str, int]:
        """The number of entries below these top rows, None: of all, that are no versions, by kind.

        A store may limit how many entries it looks at. It must be readable.
        """

    def missing_indexes(self) -> Sequence[str]:
        """The names of missing indexes, without which reads are slow."""


class StorePast(Protocol):
    """A readable ledger as a history: runs with their entries, and records at earlier moments."""

    left_out: set[str]
    """Kinds of entries that were read and that this version of studio doesn't know."""

    def runs(
        self,
        rids: Collection[Rid] | None,
        limit: int,
        wanted: RunFilter = ALL_RUNS,
    ) -> Sequence[Logged]:
        """The newest wanted runs with versions of these records, or of any; newest first."""

    def run(self, start: str) -> Sequence[Logged]:
        """The runs whose id begins with `start`; two if it is ambiguous."""

    def entered(self, runs: Collection[str], rids: Collection[Rid] | None = None) -> Iterator[Entered]:
        """The versions that these runs entered, of these records or of any, by record and number."""

    def held(self, tops: Collection[str] | None) -> Mapping[Rid, LastKnown]:
        """The last known state of every record below these top rows, or of all."""

    def tops(self, kind: str, slots: Collection[str]) -> Sequence[str]:
        """The top rows that have or had one of these slots."""

    def titles(self, field: str, rids: Collection[Rid]) -> Mapping[Rid, str]:
        """The newest title of each of these records, from this field."""

    def at(self, rids: Collection[Rid], moment: LedgerMoment) -> Mapping[Rid, Past]:
        """These records at a moment; records that the ledger didn't have then are omitted."""

    def authors(self, rids: Collection[Rid]) -> Mapping[Rid, Author]:
        """Who made the newest version of each record; omitted where studio only read it."""

    def record_runs(self, kinds: Mapping[Rid, str]) -> Mapping[Rid, Sequence[RecordRun]]:
        """The versions of these records, of the kinds given, with their runs, oldest first.

        Deletions are omitted, and so are records without versions.
        """

    def changes_of(self, rids: Collection[Rid]) -> Mapping[Rid, Sequence[RowChange]]:
        """Tracked changes by others of these records, oldest first."""

    def changes_in(self, runs: Collection[str]) -> Sequence[RowChange]:
        """Tracked changes by others in these `runs`, which are their transactions; oldest first."""

    def last_changes(self, versions: Mapping[Rid, Version]) -> Mapping[Rid, Last]:
        """Who pushed the rows' current `versions`; omitted where somebody changed a row since."""
