"""What a store must do: the contract between the use cases and the database with its rows and ledger.

A `Store` is an open connection to one database, as one role. `open_store` creates one from an address;
`database/postgres` and `database/memory` implement it, and `tests/database/contract` tests both.

A row's id is the text of its UUID, or its 16 bytes where the type is `bytes`. A `Rid` is the identity of a
record; a `top` is the row id of its topmost ancestor. A `Version` has digests of canonical values. Reads
outside `snapshot` and `together` return what was last committed.

Every failure that leaves the store's context is a StudioError, in words for people.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol, TypeAlias

from studio_sync.core.checks.diagnosis import Diagnosis
from studio_sync.core.history.known_versions import LedgerNote
from studio_sync.core.plan.dependents import Dependents
from studio_sync.core.status.transition import StatusNode
from studio_sync.core.values.kind import Kind, Kinds
from studio_sync.core.values.row_summary import RowSummary
from studio_sync.database.store_ledger import StoreLedger, StorePast
from studio_sync.database.values.ledger_values import EnteredRows, PulledVersion, Run
from studio_sync.database.values.role_grants import RoleGrants
from studio_sync.database.values.row import Row, Whereabouts
from studio_sync.database.values.store_facts import ServerHistory, StoreShape
from studio_sync.database.values.token_sum import Digest, TokenMove
from studio_sync.database.values.written import PlannedWrite, WriteResult

Exam: TypeAlias = Callable[[], Iterator[Diagnosis]]
"""A check of `studio doctor`; yields at least one finding."""

RowsByKind: TypeAlias = Mapping[str, Collection[str]]
"""Row ids by the names of their kinds."""


class StoreRows(Protocol):
    """The rows of some clients: their ids, their change tokens, and their values."""

    def digest(self) -> Digest:
        """A digest that changes with the set of rows, or with any row's token; empty if unavailable."""

    def after(self, digest: Digest, moves: Sequence[TokenMove]) -> Digest:
        """What `digest` becomes when exactly these rows have changed."""

    def tokens(self, kinds: Iterable[str]) -> Mapping[str, bytes]:
        """The ids and tokens of all rows, packed, for each kind; `unpacked` parses them."""

    def unpacked(self, data: bytes) -> set[tuple[bytes, int]]:
        """(row id, token) of the rows in a value of `tokens`; the token is -1 if it proves nothing."""

    def read(self, kind: Kind, ids: Collection[bytes] | None = None) -> Iterator[Row]:
        """The rows with these ids, of any client, or all rows of the clients; in any order."""

    def siblings(self, kind: Kind, parents: Collection[str]) -> Mapping[str, list[tuple[str, str, int]]]:
        """(row id, slot, order value) of the rows below each parent; none for kinds without an order."""

    def summaries(self) -> Iterator[RowSummary]:
        """All rows without their long contents, parents before children."""


class StoreTree(Protocol):
    """The tree of rows of all clients, and dependents in other tables; as far as the role can see."""

    def present_ids(self, kind: Kind, ids: Collection[str]) -> set[str]:
        """Those of the ids that rows of `kind` have."""

    def rows_below(self, kind: Kind, parents: Collection[str]) -> Mapping[tuple[str, str], str]:
        """The ids of the rows of `kind` below these, by (parent's id, slot); the top rows are below ""."""

    def whereabouts(self, kind: Kind, ids: Collection[str]) -> Mapping[str, Whereabouts]:
        """The places of those rows of `kind` that the role can see, by id."""

    def nodes_below(self, roots: RowsByKind) -> Iterator[StatusNode]:
        """Every descendant that has a status, or has descendants with one; parents first."""

    def children(self, parents: RowsByKind) -> Iterator[StatusNode]:
        """Every child of these rows."""

    def dependents(self, doomed: RowsByKind) -> Sequence[Dependents]:
        """Rows of other tables that a deletion of these rows would delete or change, or that forbid it.

        Those of a child that isn't among these rows don't count: the plan itself lists the children.
        """


class StoreAccess(Protocol):
    """What the role may see and do, so that a hidden row is not taken for a deleted one."""

    def grants(self) -> RoleGrants | None:
        """The role's grants; None if no grant binds it."""

    def hold_visible(self, label: str, secured: Collection[str], held: RoleGrants | None) -> None:
        """Raise UnavailableError, naming what `held` lacks, if all rows of a table are hidden."""

    def present(self, kind: Kind, ids: Collection[str]) -> set[str]:
        """Those of `ids` that are rows of `kind` of a bound role's own clients, visible or not."""

    def anywhere(self, kind: Kind, ids: Collection[str]) -> set[str]:
        """Those of `ids` that are rows of `kind` of any client; all of them if that can't be determined."""

    def covered(self, held: RoleGrants | None, clients: Collection[str] | None) -> frozenset[str] | None:
        """The top rows that a push covers: those of `held` among the `clients`; None means all."""


class Store(Protocol):
    """An open connection to a database, as one role. It must not outlive the context that opened it."""

    @property
    def kinds(self) -> Kinds:
        """The kinds whose rows it has."""

    @property
    def tree(self) -> StoreTree:
        """The tree of rows."""

    @property
    def access(self) -> StoreAccess:
        """What the role may see and do."""

    @property
    def role(self) -> str:
        """The role's name, for people."""

    @property
    def closed(self) -> bool:
        """Whether the connection is closed: nothing more can be read."""

    # --- transactions

    def snapshot(self) -> AbstractContextManager[None]:
        """A read-only transaction (snapshot isolation): everything read in the block is from one moment."""

    def together(self) -> AbstractContextManager[None]:
        """A transaction, in which reads may be streamed."""

    def explained(self, label: str) -> AbstractContextManager[None]:
        """Turn every failure in the block into a StudioError for people; `label` is the store's name."""

    def hold_trusted(self, label: str) -> None:
        """Raise RefusedError, naming the owners, if code of a stranger would run here."""

    # --- reading

    def shape(self) -> StoreShape:
        """The shape of the tables. Raises UnavailableError if studio can't work with them."""

    def server_history(self, *, restarts: bool = True) -> ServerHistory:
        """The server history that tokens belong to; with `restarts` a restart begins a new one."""

    def rows(self, clients: Sequence[str] | None = None, *, tokens: bool = True) -> StoreRows:
        """The rows of the clients with these slots, None: of all. `tokens`: xmin proves changes of a row."""

    def ledger(self) -> StoreLedger:
        """The ledger, with what this role may do with it now."""

    def past(self) -> StorePast:
        """The ledger as a history; it must be readable."""

    def holders(self) -> str:
        """Who has held locks on rows or tables for long, for people; "" if nobody has."""

    def exams(self) -> Sequence[tuple[str, Exam]]:
        """The checks of `studio doctor`, by name."""

    # --- hints

    def listen(self) -> bool:
        """Begin to hear that rows were changed, where the store can tell that; whether it can."""

    def heard(self, seconds: float) -> bool:
        """Whether rows were changed since this was asked last; it waits for that so long."""

    # --- writing

    def write(self, planned: PlannedWrite) -> WriteResult:
        """Write a plan and its ledger entries in one transaction: all or nothing.

        Rows are locked and compared with the plan. Raises StaleError if a row differs, if a row was added
        below one to delete, or if a guard would now stop the plan; RefusedError if the store rejects a value;
        LostError if the outcome of COMMIT is unknown.
        """

    def has_run(self, run: str) -> bool:
        """Whether the ledger has a run, so that its transaction was committed."""

    def run_lasts(self, run: str) -> bool:
        """Whether the ledger has a run, and no failover can take it away any more."""

    def record_pulled(self, run: Run, versions: Iterable[PulledVersion]) -> EnteredRows:
        """Enter versions that their rows, locked and read again, still have; in a transaction of its own.

        Nothing is entered if the role may not, nor for a row that somebody else keeps locked.
        """

    def record_notes(self, run: Run, notes: Iterable[tuple[str, LedgerNote]]) -> bool:
        """Enter notes with their tops, in a transaction of its own; returns whether that was done."""
