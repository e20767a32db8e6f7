"""Connecting to a database source, and finding out whether a lost run was committed there."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from studio_sync.core.values.kind import Kinds
from studio_sync.errors import StudioError
from studio_sync.kinds import KINDS

if TYPE_CHECKING:
    from studio_sync.database.store import Store

OpenStore: TypeAlias = "Callable[[str, Kinds], AbstractContextManager[Store]]"
"""Opens a store for these kinds; gets the label that is its name for people."""


@dataclass(frozen=True, slots=True)
class DatabaseSource:
    """A database to connect to: its label for people, its address without secrets, and how to open it.

    `replica` is a replica for reading, with the same address, because it is the same database. `imports`: it
    accepts new records at any status. `embedded`: studio starts and stops its server itself.
    """

    label: str
    address: str
    opening: OpenStore
    imports: bool = False
    embedded: bool = False
    replica: "DatabaseSource | None" = None


_PAUSES = (0, 1, 2)
"""Seconds before each attempt to ask whether a run was committed: the server may be restarting."""


@contextmanager
def connected(source: DatabaseSource, kinds: Kinds = KINDS) -> "Iterator[Store]":
    """Open the store; failures become errors in words for people.

    Raises RefusedError if a stranger's code would run.
    """
    with open_source(source, kinds) as store:
        store.hold_trusted(source.label)
        yield store


def open_source(source: DatabaseSource, kinds: Kinds = KINDS) -> "AbstractContextManager[Store]":
    """Open the store like `connected`, without checks."""
    return source.opening(source.label, kinds)


def arrived(source: DatabaseSource, run: str) -> bool:
    """Whether a run whose COMMIT was not answered is in the ledger to stay; asked over another connection.

    False also if nobody can tell.
    """
    for pause in _PAUSES:
        time.sleep(pause)
        with suppress(StudioError), connected(source) as store:
            return store.run_lasts(run)
    return False
