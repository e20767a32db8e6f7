"""The in-memory implementation of `Store`."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING

from studio_sync.core.checks.diagnosis import Diagnosis, ok
from studio_sync.core.history.known_versions import LedgerNote
from studio_sync.core.values.kind import Kind, Kinds
from studio_sync.core.values.record import Rid
from studio_sync.database.memory.committed_state import CommittedState, LockedRowError
from studio_sync.database.memory.memory_ledger import MemoryLedger
from studio_sync.database.memory.memory_past import MemoryPast
from studio_sync.database.memory.memory_rows import MemoryRows
from studio_sync.database.memory.memory_tree import MemoryTree
from studio_sync.database.memory.memory_writer import MemoryWriter
from studio_sync.database.memory.stored import MemoryState
from studio_sync.database.memory.table_view import GrantedView, View
from studio_sync.database.memory.transaction import MemoryTransaction, transaction
from studio_sync.database.store import Exam
from studio_sync.database.values.failures import LostError
from studio_sync.database.values.ledger_values import EnteredRows, Entry, PulledVersion, Run
from studio_sync.database.values.role_grants import RoleGrants
from studio_sync.database.values.store_facts import ServerHistory, StoreShape
from studio_sync.database.values.written import PlannedWrite, WriteResult
from studio_sync.errors import UnavailableError

if TYPE_CHECKING:
    from contextlib import AbstractContextManager


class MemoryAccess:
    """Implements `StoreAccess`: a role sees everything, or what is below its granted top rows."""

    def __init__(self, store: "MemoryStore", granted: RoleGrants | None) -> None:
        self._store, self._granted = store, granted

    def grants(self) -> RoleGrants | None:
        """The role's grants; None if no grant binds it."""
        return self._granted

    def hold_visible(self, label: str, _: Collection[str], held: RoleGrants | None) -> None:
        """Raise UnavailableError if nothing was granted."""
        if held is not None and not held.levels:
            raise UnavailableError(f"{label}: the role {self._store.role} was granted nothing")

    def present(self, kind: Kind, ids: Collection[str]) -> set[str]:
        """Those of `ids` that are rows of a bound role's own clients."""
        return self._store.tree.present_ids(kind, ids)

    def anywhere(self, kind: Kind, ids: Collection[str]) -> set[str]:
        """Those of `ids` that are rows of `kind` of any client."""
        return set(ids) & self._store.state.table(kind.name).rows.keys()

    def covered(self, held: RoleGrants | None, clients: Collection[str] | None) -> frozenset[str] | None:
        """The top rows that a push covers."""
        if held is not None:
            return held.writable(clients)
        if clients is None:
            return None
        (top,) = self._store.kinds.children("")
        rows = self._store.state.table(top.name).rows.values()
        return frozenset(row.id for row in rows if row.slot in clients)


class MemoryStore:
    """Implements `Store`, over one in-memory database."""

    def __init__(self, database: CommittedState, kinds: Kinds, role: str, grants: RoleGrants | None) -> None:
        self._database, self.kinds, self.role, self._grants = database, kinds, role, grants
        self._pinned: MemoryState | None = None
        self.closed = False
        self.tree = MemoryTree(self._view, kinds)
        self.access = MemoryAccess(self, grants)

    @property
    def state(self) -> MemoryState:
        """The last committed state, or that at the snapshot's begin."""
        return self._pinned or self._database.state

    def _view(self) -> View:
        return self.state if self._grants is None else GrantedView(self.state, self.kinds, self._grants)

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Reads in the block see the state committed at its begin."""
        before, self._pinned = self._pinned, self._database.state
        try:
            yield
        finally:
            self._pinned = before

    def together(self) -> "AbstractContextManager[None]":
        """Nothing is streamed here."""
        return nullcontext()

    def explained(self, _: str) -> "AbstractContextManager[None]":
        """All failures here are StudioErrors already."""
        return nullcontext()

    def hold_trusted(self, label: str) -> None:
        """No foreign code runs here."""

    def shape(self) -> StoreShape:
        """The required shape."""
        names = frozenset(kind.table for kind in self.kinds)
        return StoreShape(secured=names if self._grants is not None else frozenset())

    def server_history(self, *, restarts: bool = True) -> ServerHistory:
        """One history for the lifetime of the database."""
        return ServerHistory(self._database.name, "1", "memory", self.state.moment, restarts=restarts)

    def rows(self, clients: Sequence[str] | None = None, *, tokens: bool = True) -> MemoryRows:
        """The rows of these clients, None: of all."""
        return MemoryRows(self._view, self.kinds, clients, tokens=tokens)

    def ledger(self) -> MemoryLedger:
        """The ledger."""
        return MemoryLedger(lambda: self.state, self.kinds)

    def past(self) -> MemoryPast:
        """The ledger as a history."""
        return MemoryPast(lambda: self.state, self.kinds)

    def holders(self) -> str:
        """Who has locked rows."""
        return self._database.holders()

    def exams(self) -> Sequence[tuple[str, Exam]]:
        """One check, which reports the database."""

        def server() -> Iterator[Diagnosis]:
            yield ok("server", "in memory: it ends with this process")

        return [("server", server)]

    # --- writing

    def listen(self) -> bool:
        """Nobody tells of changes here."""
        return False

    def heard(self, seconds: float) -> bool:  # noqa: ARG002
        """Nothing is announced here."""
        return False

    def write(self, planned: PlannedWrite) -> WriteResult:
        """Write a plan and its ledger entries, or nothing."""
        if self._grants is not None:
            for change in planned.plan.changes:
                if not self._grants.may(change.top or change.row_id, "write"):
                    raise UnavailableError(
                        f"permission denied: the role {self.role} may not write {change.path}"
                    )
        run = planned.journal.run
        done: WriteResult | None = None
        try:
            with transaction(self._database, self.kinds, self.role) as opened:
                writer = MemoryWriter(opened, self.kinds, planned.plan, run)
                written = writer.apply(planned.content, planned.step)
                opened.enter_run(run)
                numbers = opened.enter(run, written.entered_with(planned.journal.entries(written)))
                written = replace(written, numbers=numbers)
                opened.enter_notes(note for _, note in planned.journal.notes(written))
                done = written
        except LostError:
            if done is None or not planned.has_arrived():
                raise
        return written

    def has_run(self, run: str) -> bool:
        """Whether the ledger has a run."""
        return run in self.state.runs

    def run_lasts(self, run: str) -> bool:
        """Whether the ledger has a run; this database has no standby."""
        return self.has_run(run)

    def record_pulled(self, run: Run, versions: Iterable[PulledVersion]) -> EnteredRows:
        """Enter versions that their rows still have; locked rows are left out."""
        mine = [one for one in versions if self._grants is None or self._grants.may(one.entry.top, "write")]
        locked: set[Rid] = set()
        if not mine:
            return EnteredRows()
        with transaction(self._database, self.kinds, self.role) as opened:
            entries: list[Entry] = []
            for one in sorted(mine, key=lambda one: one.entry.rid):
                try:
                    if self._still(opened, one):
                        entries.append(one.entry)
                except LockedRowError:
                    locked.add(one.entry.rid)
            opened.enter_run(run)
            return EnteredRows(opened.enter(run, entries), frozenset(locked))

    def _still(self, transaction: MemoryTransaction, one: PulledVersion) -> bool:
        kind, own = self.kinds[one.entry.kind], one.entry.row_id
        transaction.lock(kind, [own])
        row = transaction.table(kind.name).rows.get(own)
        return row is None if one.version is None else row is not None and row.version == one.version

    def record_notes(self, run: Run, notes: Iterable[tuple[str, LedgerNote]]) -> bool:
        """Enter notes; returns whether there were any that the role may enter."""
        mine = [n for top, n in notes if self._grants is None or self._grants.may(top, "write")]
        if not mine:
            return False
        with transaction(self._database, self.kinds, self.role) as opened:
            opened.enter_run(run)
            opened.enter_notes(mine)
        return True
