"""Reading from a replica, where it has come as far as this workspace has: else from the database itself."""

from collections.abc import Callable
from typing import TypeVar

from studio_sync.database.values.failures import CancelledReadError
from studio_sync.errors import UnavailableError
from studio_sync.sync.connection import DatabaseSource

ReadT = TypeVar("ReadT")

_TRIES = 3


def read(
    source: DatabaseSource, run: Callable[[DatabaseSource], ReadT], *, will_do: Callable[[ReadT], bool]
) -> tuple[ReadT, DatabaseSource]:
    """What `run` finds, and where. A replica is asked first; what it says counts if it `will_do`.

    A replica that is away, or lacks what this workspace last pushed or saw, is passed over. A read that a
    standby cancelled is tried again.
    """
    if source.replica is not None:
        try:
            found = _tried(source.replica, run)
        except UnavailableError:
            pass  # the database itself says what is wrong, if anything is
        else:
            if will_do(found):
                return found, source.replica
    return _tried(source, run), source


def _tried(source: DatabaseSource, run: Callable[[DatabaseSource], ReadT]) -> ReadT:
    for _ in range(_TRIES - 1):
        try:
            return run(source)
        except CancelledReadError:
            continue
    return run(source)
