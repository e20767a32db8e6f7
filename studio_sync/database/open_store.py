"""One place that makes a store out of an address."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from typing import Any, TypeAlias

from studio_sync.core.values.kind import Kinds
from studio_sync.database.address.url import Target
from studio_sync.database.store import Store

Connect: TypeAlias = Callable[[], Any]
"""Makes a connection with PostgreSQL; of the driver's class, which nobody loads before it is needed."""


def open_store(
    target: Target,
    label: str,
    kinds: Kinds,
    *,
    connect: Connect | None = None,
) -> AbstractContextManager[Store]:
    """The store at an address, as a context which closes it; `label` names it to people.

    `connect` makes the connection where that takes more than the address. Raises UnavailableError.
    """
    from studio_sync.database.postgres.connection.connect import open_connection
    from studio_sync.database.postgres.postgres_store import open_postgres

    return open_postgres(connect or partial(open_connection, target), label, kinds)


def warm_up() -> None:
    """Load what the first store would otherwise wait for."""
    import studio_sync.database.postgres.postgres_store  # noqa: F401
