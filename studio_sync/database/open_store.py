"""Opening a store from a database address."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

from studio_sync.core.values.kind import Kinds
from studio_sync.database.address.url import Target

if TYPE_CHECKING:
    from studio_sync.database.store import Store

Connect: TypeAlias = Callable[[], Any]
"""Returns a PostgreSQL connection; typed Any, because the driver is only imported when needed."""


def open_store(
    target: Target,
    label: str,
    kinds: Kinds,
    *,
    connect: Connect | None = None,
) -> AbstractContextManager["Store"]:
    """Open the store at an address, as a context that closes it; `label` is its name for people.

    `connect` makes the connection if the address alone is not enough. Raises UnavailableError.
    """
    from studio_sync.database.postgres.connection.connect import open_connection
    from studio_sync.database.postgres.postgres_store import open_postgres

    return open_postgres(connect or partial(open_connection, target), label, kinds)


def warm_up() -> None:
    """Import modules in advance that opening the first store would otherwise wait for."""
    import studio_sync.database.postgres.postgres_store  # noqa: F401
