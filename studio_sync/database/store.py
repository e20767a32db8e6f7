"""What a store must do: the contract between the use cases and whatever keeps the rows and the ledger.

A `Store` is an open way to one database, for one role. `open_store` makes one out of an address;
`database/postgres` and `database/memory` keep the contract, and `tests/database/contract` holds both to it.

Throughout, a row's id is the text of its UUID, or these 16 bytes where `bytes` is said. A `Rid` is the
identity of a record, a `top` the row's id of the record at the top above one. A `Version` holds digests of
canonical values. What is read outside of `snapshot` and `together` is what was committed last.

Whatever fails is a StudioError in words for people once it leaves the store's own context.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol, TypeAlias

from studio_sync.core.checks.diagnosis import Diagnosis
from studio_sync.core.history.known_versions import LedgerNote
from studio_sync.core.plan.dependents import Dependents
from studio_sync.core.plan.plan import Change, Plan
from studio_sync.core.status.transition import StatusNode
from studio_sync.core.values.kind import Kind, Kinds
from studio_sync.core.values.row_summary import RowSummary
from studio_sync.database.store_ledger import StoreLedger, StorePast
from studio_sync.database.values.ledger_values import EnteredRows, Run, SeenVersion
from studio_sync.database.values.role_grants import RoleGrants
from studio_sync.database.values.row import Row, Whereabouts
from studio_sync.database.values.store_facts import ServerHistory, StoreShape
from studio_sync.database.values.token_sum import Digest, TokenMove
from studio_sync.database.values.written import Journal, WriteResult

Exam: TypeAlias = Callable[[], Iterator[Diagnosis]]
"""One look of a doctor; gives at least one finding."""

RowsByKind: TypeAlias = Mapping[str, Collection[str]]
"""Ids of rows by the names of their kinds."""


class StoreRows(Protocol):
    """The rows of some clients: which there are, which may have changed, what they say."""

    def digest(self) -> Digest:
        """What another set of rows, or another token of one of them, hardly has; empty if nobody can say."""
        ...

    def after(self, digest: Digest, moves: Sequence[TokenMove]) -> Digest:
        """What `digest` is once these rows, and no others, have changed."""
        ...

    def tokens(self, kinds: Iterable[str]) -> Mapping[str, bytes]:
        """For each of the kinds the ids and tokens of all rows; `unpacked` takes them apart."""
        ...

    def unpacked(self, data: bytes) -> set[tuple[bytes, int]]:
        """(row id, token) of the rows in a part of `tokens`; the token is -1 where it says nothing."""
        ...

    def read(self, kind: Kind, ids: Collection[bytes] | None = None) -> Iterator[Row]:
        """The rows with these ids, whosever they are, or all of the clients'; in no order that matters."""
        ...

    def siblings(self, kind: Kind, parents: Collection[str]) -> Mapping[str, list[tuple[str, str, int]]]:
        """(row id, slot, order value) of the rows below each of the parents; none where there is no order."""
        ...

    def summaries(self) -> Iterator[RowSummary]:
        """All rows without what makes them long, parents before children."""
        ...


class StoreTree(Protocol):
    """Where rows stand, whichever client they belong to, and what hangs on them; as far as the role sees."""

    def present_ids(self, kind: Kind, ids: Collection[str]) -> set[str]:
        """Those of the ids that rows of `kind` have."""
        ...

    def rows_below(self, kind: Kind, parents: Collection[str]) -> Mapping[tuple[str, str], str]:
        """The ids of the rows of `kind` below these, by (parent's id, slot); at the top all, below ""."""
        ...

    def whereabouts(self, kind: Kind, ids: Collection[str]) -> Mapping[str, Whereabouts]:
        """The places of those rows of `kind` that are seen, by their ids."""
        ...

    def nodes_below(self, roots: RowsByKind) -> Iterator[StatusNode]:
        """Every row at any depth below these that may have a status or stand above one; parents first."""
        ...

    def children(self, parents: RowsByKind) -> Iterator[StatusNode]:
        """Every row next below these."""
        ...

    def dependents(self, doomed: RowsByKind) -> Sequence[Dependents]:
        """What of other tables a deletion of these rows would take along, change, or be stopped by."""
        ...


class StoreAccess(Protocol):
    """What the role may see and do: gone is not hidden."""

    def grants(self) -> RoleGrants | None:
        """What the role was granted; None if no grant binds it."""
        ...

    def hold_visible(self, label: str, secured: Collection[str], held: RoleGrants | None) -> None:
        """Raise UnavailableError, with what is missing to `held`, if all rows of a table are hidden."""
        ...

    def present(self, kind: Kind, ids: Collection[str]) -> set[str]:
        """Those of `ids` that are rows of `kind` among a bound role's own, seen or not."""
        ...

    def anywhere(self, kind: Kind, ids: Collection[str]) -> set[str]:
        """Those of `ids` that are rows of `kind`, whosever they are; all, where that can't be told."""
        ...

    def covered(self, held: RoleGrants | None, clients: Collection[str] | None) -> frozenset[str] | None:
        """The rows at the top that a push covers, those `held` among the `clients`; None: all there are."""
        ...


class Store(Protocol):
    """An open way to a database, for one role. Nothing of it outlives the context that opened it."""

    @property
    def kinds(self) -> Kinds:
        """The kinds that it keeps rows of."""
        ...

    @property
    def tree(self) -> StoreTree:
        """Where rows stand."""
        ...

    @property
    def access(self) -> StoreAccess:
        """What the role may see and do."""
        ...

    @property
    def role(self) -> str:
        """The name of the role, for people."""
        ...

    @property
    def closed(self) -> bool:
        """Whether the way is gone: nothing more can be asked."""
        ...

    # --- moments

    def snapshot(self) -> AbstractContextManager[None]:
        """All that is read in the block is as one moment shows it; nothing can be written."""
        ...

    def together(self) -> AbstractContextManager[None]:
        """What is read in the block may come in pieces."""
        ...

    def explained(self, label: str) -> AbstractContextManager[None]:
        """Whatever goes wrong in the block is a StudioError, in words for people; `label` names the store."""
        ...

    def hold_trusted(self, label: str) -> None:
        """Raise RefusedError that names whose code would run here, if a stranger's would."""
        ...

    # --- reading

    def shape(self) -> StoreShape:
        """What the tables are like. Raises UnavailableError where studio can't work with them."""
        ...

    def server_history(self, *, restarts: bool = True) -> ServerHistory:
        """The history of transactions that a row's token belongs to; `restarts`: a restart ends it."""
        ...

    def rows(self, clients: Sequence[str] | None = None, *, tokens: bool = True) -> StoreRows:
        """The rows of clients with these slots, None: of all. `tokens`: a row's token tells if it changed."""
        ...

    def ledger(self) -> StoreLedger:
        """The ledger, with what this role may do with it now."""
        ...

    def past(self) -> StorePast:
        """The ledger as a history; it must be readable."""
        ...

    def holders(self) -> str:
        """Who holds rows or tables for long, for people; "" if nobody does."""
        ...

    def exams(self) -> Sequence[tuple[str, Exam]]:
        """What a doctor looks at, by name; each gives at least one finding."""
        ...

    # --- writing

    def write(
        self,
        plan: Plan,
        content: Callable[[Change], bytes],
        journal: Journal,
        step: Callable[[int], None],
        has_arrived: Callable[[], bool],
    ) -> WriteResult:
        """Write a plan and its entries in the ledger: in one transaction, or none of it.

        `content` gives the JSON row of the record that a change writes. Rows are locked, and compared with
        what the plan saw. Raises StaleError if one is not that any more, if a row came to be below one that
        goes, or a guard would stop the plan by now; RefusedError where the store takes no such value;
        LostError where nobody knows whether it arrived. `has_arrived` asks over another way.
        """
        ...

    def has_run(self, run: str) -> bool:
        """Whether the ledger has a run: its transaction arrived."""
        ...

    def record_seen(self, run: Run, seen: Iterable[SeenVersion]) -> EnteredRows:
        """Enter versions that rows, read again under lock, still say; in a transaction of its own.

        Nothing is entered where the role may not, nor of a row that somebody else holds for long.
        """
        ...

    def record_notes(self, run: Run, notes: Iterable[tuple[str, LedgerNote]]) -> bool:
        """Enter notes with their tops, in a transaction of its own; whether that was done."""
        ...
