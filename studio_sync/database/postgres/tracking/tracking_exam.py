"""Doctor check of change tracking, where the owner has enabled it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from studio_sync.core.checks.diagnosis import Diagnosis, ok, warning
from studio_sync.core.values.kind import Kinds
from studio_sync.database.postgres.connection.one_value import one_value
from studio_sync.database.postgres.tracking.change_triggers import TRIGGER_NAME, ChangeTriggers

if TYPE_CHECKING:
    from psycopg import Connection


def is_tracked(connection: "Connection[Any]") -> bool:
    """Whether some table has a trigger that enters changes."""
    query = "SELECT EXISTS (SELECT FROM pg_catalog.pg_trigger WHERE tgname = %s)"
    return bool(one_value(connection, query, [TRIGGER_NAME]))


def tracking(connection: "Connection[Any]", kinds: Kinds) -> Iterator[Diagnosis]:
    """Whether each table has the trigger that enters changes."""
    state = ChangeTriggers.of(connection, kinds).state
    missing = sorted({kind.table for kind in kinds} - set(state.tracked))
    if missing:
        yield warning(
            "tracking",
            f"change tracking has gaps: the trigger of {', '.join(missing)} is missing, older or disabled",
            "let the owner run: studio db track (or studio db track --remove)",
        )
    else:
        yield ok("tracking", f"what others change in the {len(kinds)} tables is entered as it happens")
