"""The committed state of an in-memory database, and its row locks."""

import threading
import time
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Protocol
from uuid import uuid4

from studio_sync.database.memory.stored import MemoryState
from studio_sync.errors import UnavailableError

_SLICE = 0.01
"""Seconds between two checks whether a lock is free."""


class LockedRowError(UnavailableError):
    """Another transaction has kept a row locked for too long."""


class LockHolder(Protocol):
    """Who locks rows: a transaction, for a role."""

    role: str


class CommittedState:
    """The committed state, the row locks, and the clock that all transactions share.

    `state` is one immutable value: keeping it is a backup, setting it a restore.
    """

    def __init__(self, *, patience: float = 0.0) -> None:
        """`patience` is the lock timeout in seconds."""
        self.state = MemoryState()
        self.name = uuid4().hex
        self.mutex = threading.RLock()
        self._patience = patience
        self._numbers = count(self.state.moment)
        self._locks: dict[tuple[str, str], LockHolder] = {}
        self._now = datetime.min.replace(tzinfo=UTC)

    def next_number(self) -> int:
        """The number of a new transaction, which is the token of the rows that it writes."""
        with self.mutex:
            return next(self._numbers)

    def adopt(self, state: MemoryState) -> None:
        """Go on from a state that another process committed: its numbers are taken."""
        with self.mutex:
            self.state = state
            self._numbers = count(max(state.moment, self.next_number()))

    def now(self) -> datetime:
        """The current time, strictly increasing."""
        with self.mutex:
            self._now = max(datetime.now(UTC), self._now + timedelta(microseconds=1))
            return self._now

    def take(self, transaction: LockHolder, kind: str, ids: Collection[str]) -> None:
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

    def _holder(self, transaction: LockHolder, kind: str, own: str) -> LockHolder | None:
        with self.mutex:
            holder = self._locks.setdefault((kind, own), transaction)
        return None if holder is transaction else holder

    def release(self, transaction: LockHolder) -> None:
        """Free the locks of a transaction."""
        with self.mutex:
            self._locks = {key: by for key, by in self._locks.items() if by is not transaction}

    def holders(self) -> str:
        """Who has locked rows."""
        with self.mutex:
            return ", ".join(sorted({by.role for by in self._locks.values()}))
