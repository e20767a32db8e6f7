"""Ownership checks: objects of strangers in the database, whose code would run in a push.

Whoever may create a schema or function can place a trigger, operator or table where studio's statements
find it; it would run with the privileges of whoever pushes.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio_sync.core.values.kind import Kinds
from studio_sync.errors import RefusedError

if TYPE_CHECKING:
    from psycopg import Connection

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Strange:
    """A foreign object that would run or be read here, its owner, and the statement that removes it."""

    what: str
    owner: str
    removal: str

    def __str__(self) -> str:
        return f"{self.what} belongs to {self.owner}"


def strangers(connection: "Connection[Any]", kinds: Kinds) -> list[Strange]:
    """Objects whose owner is neither a superuser nor the owner of the tables or the database."""
    tables = {"tables": [kind.table for kind in kinds]}
    trusted, foreign, listed = (
        Path(__file__).with_name(f"{name}.sql").read_bytes()
        for name in ("trusted", "foreign_owners", "ownership")
    )
    if connection.execute(trusted + foreign, tables).fetchone() == (False,):
        return []
    return list(dict.fromkeys(Strange(*row) for row in connection.execute(trusted + listed, tables)))


def hold_trusted(connection: "Connection[Any]", kinds: Kinds, label: str) -> None:
    """Raise RefusedError, naming the foreign objects, if there are any."""
    if found := strangers(connection, kinds):
        raise RefusedError(
            f"{label}: what would run here belongs to a role that owns neither the tables nor the database;"
            " nothing was run:",
            ways_out(found),
            listed=_lines(found),
        )


def ways_out(found: Iterable[Strange]) -> str:
    """The ways out, for the database's administrator."""
    removals = list(dict.fromkeys(one.removal for one in found))
    whole = [r for r in removals if r.startswith("DROP SCHEMA")]
    shown = "; ".join(whole or removals[:_SHOWN])
    again = ", and then: studio db init" if whole else ""
    return (
        f"who runs the database can end that: {shown}{again}; or, after a look at what it does,"
        " give it to the owner of the tables (ALTER … OWNER TO …)"
    )


def _lines(found: list[Strange]) -> Iterator[str]:
    yield from map(str, found[:_SHOWN])
    if len(found) > _SHOWN:
        yield f"and {len(found) - _SHOWN} more"
