"""The in-memory database: stores of its own for each role, and restoring a state."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace

from studio_sync.core.values.kind import Kinds
from studio_sync.database.memory.committed_state import CommittedState
from studio_sync.database.memory.memory_store import MemoryStore
from studio_sync.database.memory.stored import MemoryState, Table
from studio_sync.database.memory.transaction import MemoryTransaction, transaction
from studio_sync.database.values.role_grants import RoleGrants


class MemoryDatabase(CommittedState):
    """Rows and a ledger. Several threads may use it, each with a store of its own."""

    @contextmanager
    def open(
        self, label: str, kinds: Kinds, *, role: str = "studio", grants: RoleGrants | None = None
    ) -> Iterator[MemoryStore]:
        """Open a store for a role; with `grants` it sees only the rows below the granted top rows."""
        store = MemoryStore(self, kinds, role, grants)
        try:
            with store.explained(label):
                yield store
        finally:
            store.closed = True

    def transaction(self, kinds: Kinds, role: str) -> AbstractContextManager[MemoryTransaction]:
        """A transaction of somebody who writes rows without a store."""
        return transaction(self, kinds, role)

    def restore(self, state: MemoryState) -> None:
        """Restore a state like a dump: every row is written anew, and gets a new token."""
        with self.mutex:
            number = self.next_number()
            tables: Mapping[str, Table] = {
                name: Table({own: replace(row, token=number) for own, row in table.rows.items()})
                for name, table in state.tables.items()
            }
            self.state = replace(state, tables=tables, moment=number + 1)
