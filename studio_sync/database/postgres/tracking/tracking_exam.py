"""Doctor check of change tracking, where the owner has enabled it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from studio_sync.core.checks.diagnosis import Diagnosis, ok, warning
from studio_sync.core.values.kind import Kinds
from studio_sync.database.postgres.schema.install import VERSION, installed_version
from studio_sync.database.postgres.tracking.change_triggers import ChangeTriggers
from studio_sync.errors import UnavailableError

if TYPE_CHECKING:
    from psycopg import Connection


def tracking(connection: "Connection[Any]", kinds: Kinds) -> Iterator[Diagnosis]:
    """Whether each table has its trigger; nothing if none has."""
    if installed_version(connection) != VERSION:
        return
    try:
        state = ChangeTriggers.of(connection, kinds).state
    except UnavailableError:
        return
    if not state.tracked and not state.stale:
        return
    missing = sorted({kind.table for kind in kinds} - set(state.tracked))
    if missing:
        yield warning(
            "tracking",
            f"change tracking has gaps: the trigger of {', '.join(missing)} is missing, older or disabled",
            "let the owner run: studio db track (or studio db track --remove)",
        )
    else:
        yield ok("tracking", f"what others change in the {len(kinds)} tables is entered as it happens")
