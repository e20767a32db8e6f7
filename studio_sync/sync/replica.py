"""Reading from a replica if it is recent enough for this workspace, else from the primary."""

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
    """The result of `run`, and where it was read. A replica is tried first; its result must `will_do`.

    A replica that is unreachable, or lacks what this workspace last pushed or saw, is skipped. A read that a
    standby cancelled is retried.
    """
    if source.replica is not None:
        try:
            found = _tried(source.replica, run)
        except UnavailableError:
            pass  # the primary reports what is wrong, if anything is
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
