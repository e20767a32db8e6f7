"""The three sides of a comparison, before anything of them is compared."""

from dataclasses import dataclass

from studio_sync.core.values.kind import Kinds
from studio_sync.core.values.layout import Layout
from studio_sync.database.store import StoreRows
from studio_sync.database.store_ledger import StoreLedger
from studio_sync.files.memory.memory import Memory
from studio_sync.sync.compare.bases.base_resolution import BaseResolver
from studio_sync.sync.compare.evidence import Evidence
from studio_sync.sync.compare.visibility import Visibility
from studio_sync.sync.read.local import LocalState


@dataclass(frozen=True, slots=True)
class FilesSide:
    """The tree of files as it was read; `prefix` leads to it from the workspace."""

    layout: Layout
    state: LocalState
    prefix: str


@dataclass(frozen=True, slots=True)
class BaseSide:
    """What this workspace remembers of the database, which has the number `db` in its memory."""

    memory: Memory
    db: int
    resolver: BaseResolver


@dataclass(frozen=True, slots=True)
class DatabaseSide:
    """What the connected role may read, as one moment shows it.

    Triggers may change rows of the tables `altered`. `bounded`: the workspace holds some clients alone.
    """

    rows: StoreRows
    evidence: Evidence
    ledger: StoreLedger
    visibility: Visibility
    altered: frozenset[str] = frozenset()
    bounded: bool = False


@dataclass(frozen=True, slots=True)
class ComparisonSides:
    """All that one comparison works on."""

    kinds: Kinds
    files: FilesSide
    base: BaseSide
    database: DatabaseSide
