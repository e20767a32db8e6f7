"""Entries of the ledger that no command takes for versions: who wrote them was no studio, or a newer one."""

from typing import TYPE_CHECKING, Any

from studio_sync.core.values.kind import Kinds
from studio_sync.database.values.ledger_values import MAX_NUMBER

if TYPE_CHECKING:
    from psycopg import Connection


def odd_entries(connection: "Connection[Any]", kinds: Kinds) -> dict[str, int]:
    """How many there are, by the kind that they name."""
    rows = connection.execute(
        "SELECT left(kind, 50), count(*) FROM studio_sync.versions"
        " WHERE kind <> ALL(%s) OR number < 1 OR number >= %s GROUP BY 1 LIMIT 20",
        ([kind.name for kind in kinds], MAX_NUMBER),
    )
    return dict(rows.fetchall())
