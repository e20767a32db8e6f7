"""The in-memory database: committed state, row locks, and atomic transactions."""

import threading
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING
from uuid import uuid4

from studio_sync.core.values.kind import Kinds
from studio_sync.database.memory.stored import MemoryState, Table
from studio_sync.database.values.role_grants import RoleGrants
from studio_sync.errors import UnavailableError

if TYPE_CHECKING:
    from studio_sync.database.memory.memory_store import MemoryStore
    from studio_sync.database.memory.transaction import MemoryTransaction

_SLICE = 0.01
"""Seconds between two checks whether a lock is free."""


class LockedRowError(UnavailableError):
    """Another transaction has kept a row locked for too long."""


class MemoryDatabase:
    """Rows and a ledger. Several threads may use it, each with a store of its own.

    `state` is the committed state as one immutable value: keeping it is a backup, setting it a restore.
    """

    def __init__(self, *, patience: float = 0.0) -> None:
        """`patience` is the lock timeout in seconds."""
        self.state = MemoryState()
        self.name = uuid4().hex
        self._patience = patience
        self._numbers = count(self.state.moment)
        self._locks: dict[tuple[str, str], MemoryTransaction] = {}
        self._now = datetime.min.replace(tzinfo=UTC)
        self.mutex = threading.RLock()

    @contextmanager
    def open(
        self, label: str, kinds: Kinds, *, role: str = "studio", grants: RoleGrants | None = None
    ) -> "Iterator[MemoryStore]":
        """Open a store for a role; with `grants` it sees only the rows below the granted top rows."""
        from studio_sync.database.memory.memory_store import MemoryStore

        store = MemoryStore(self, kinds, role, grants)
        try:
            with store.explained(label):
                yield store
        finally:
            store.closed = True

    @contextmanager
    def transaction(self, kinds: Kinds, role: str) -> "Iterator[MemoryTransaction]":
        """A transaction: writes in the block are committed at its end or not at all; then locks are freed."""
        from studio_sync.database.memory.transaction import MemoryTransaction

        with self.mutex:
            number = next(self._numbers)
        transaction = MemoryTransaction(self, kinds, role, number)
        try:
            yield transaction
            transaction.commit()
        finally:
            with self.mutex:
                self._locks = {key: by for key, by in self._locks.items() if by is not transaction}

    def now(self) -> datetime:
        """The current time, strictly increasing."""
        with self.mutex:
            self._now = max(datetime.now(UTC), self._now + timedelta(microseconds=1))
            return self._now

    def take(self, transaction: "MemoryTransaction", kind: str, ids: Collection[str]) -> None:
        """Lock rows, in the order of their ids. Raises LockedRowError after the lock timeout."""
        until = time.monotonic() + self._patience
        for own in sorted(ids):
            while (holder := self._holder(transaction, kind, own)) is not None:
                if time.monotonic() >= until:
                    raise LockedRowError(
                        f"another transaction holds a row for too long: {holder.role}",
                        "try again in a moment",
                    )
                time.sleep(_SLICE)

    def _holder(self, transaction: "MemoryTransaction", kind: str, own: str) -> "MemoryTransaction | None":
        with self.mutex:
            holder = self._locks.setdefault((kind, own), transaction)
        return None if holder is transaction else holder

    def holders(self) -> str:
        """Who has locked rows."""
        with self.mutex:
            return ", ".join(sorted({by.role for by in self._locks.values()}))

    def restore(self, state: MemoryState) -> None:
        """Restore a state like a dump: every row is written anew, and gets a new token."""
        with self.mutex:
            number = next(self._numbers)
            tables: Mapping[str, Table] = {
                name: Table({own: replace(row, token=number) for own, row in table.rows.items()})
                for name, table in state.tables.items()
            }
            self.state = replace(state, tables=tables, moment=number + 1)
