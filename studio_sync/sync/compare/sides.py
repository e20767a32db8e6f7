"""The three sides of a comparison as they were read: files, base, database."""

import time
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from studio_sync.core.values.kind import Kinds
from studio_sync.core.values.layout import Layout
from studio_sync.files.memory.memory import Memory
from studio_sync.sync.compare.evidence import Evidence
from studio_sync.sync.compare.visibility import Visibility
from studio_sync.sync.read.local_state import LocalState
from studio_sync.sync.read.reader import Reader

if TYPE_CHECKING:
    from studio_sync.database.store import StoreRows
    from studio_sync.database.store_ledger import StoreLedger
    from studio_sync.sync.compare.bases.base_resolution import BaseResolver


@dataclass(frozen=True, slots=True)
class FilesSide:
    """The file tree; `prefix` is its path from the workspace."""

    layout: Layout
    state: LocalState
    prefix: str


@dataclass(frozen=True)
class BaseSide:
    """The workspace's memory of the database, with its number `db` in the memory.

    `at` is when the comparison began, in nanoseconds.
    """

    memory: Memory
    db: int
    ledger: "StoreLedger"
    reader: Reader
    at: int = field(default_factory=time.time_ns)

    @cached_property
    def resolver(self) -> "BaseResolver":
        """Finds merge bases; a comparison in which nothing differs asks for none."""
        from studio_sync.sync.compare.bases.base_resolution import BaseResolver

        return BaseResolver(self.memory, self.db, self.ledger, self.reader, self.at)


@dataclass(frozen=True, slots=True)
class DatabaseSide:
    """The rows that the connected role can read, in one snapshot.

    Triggers may change rows of the tables `altered`. `bounded`: the workspace covers only some clients.
    """

    rows: "StoreRows"
    evidence: Evidence
    ledger: "StoreLedger"
    visibility: Visibility
    altered: frozenset[str] = frozenset()
    bounded: bool = False


@dataclass(frozen=True, slots=True)
class ComparisonSides:
    """The three sides of one comparison, with the kinds."""

    kinds: Kinds
    files: FilesSide
    base: BaseSide
    database: DatabaseSide
