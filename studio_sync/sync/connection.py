"""A database at work: how it is reached, and whether a run of which nobody heard arrived there."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass

from studio_sync.core.values.kind import Kinds
from studio_sync.database.store import Store
from studio_sync.errors import StudioError
from studio_sync.kinds import KINDS

OpenStore = Callable[[str, Kinds], AbstractContextManager[Store]]
"""Opens a store for rows of these kinds; gets the label that names it to people."""


@dataclass(frozen=True, slots=True)
class DatabaseSource:
    """A database to work with: its label for people, its address without secrets, how to open it.

    `replica` is where it may be read, too: it has the same address here, as it is the same database.
    `imports` says that it takes new records at any status, `embedded` that studio starts and stops its
    server itself.
    """

    label: str
    address: str
    open: OpenStore
    imports: bool = False
    embedded: bool = False
    replica: "DatabaseSource | None" = None


_PAUSES = (0, 1, 2)
"""Seconds before each time that somebody asks whether a run arrived: a server may be starting again."""


@contextmanager
def connected(source: DatabaseSource, kinds: Kinds = KINDS) -> Iterator[Store]:
    """The store, with whatever goes wrong in words for people.

    Raises RefusedError where a stranger's code would run.
    """
    with open_source(source, kinds) as store:
        store.hold_trusted(source.label)
        yield store


def open_source(source: DatabaseSource, kinds: Kinds = KINDS) -> AbstractContextManager[Store]:
    """The store as `connected` gives it, of which nothing was looked at yet."""
    return source.open(source.label, kinds)


def arrived(source: DatabaseSource, run: str) -> bool:
    """Whether the ledger has a run whose COMMIT nobody answered as one does; asked over another way.

    False also where nobody can tell.
    """
    for pause in _PAUSES:
        time.sleep(pause)
        with suppress(StudioError), connected(source) as store:
            return store.has_run(run)
    return False
