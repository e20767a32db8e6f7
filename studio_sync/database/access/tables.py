"""The tables that grants cover: schema, owner, row-level security, and what keeps grants from working."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio_sync.core.values.kind import Kinds
from studio_sync.database.values.sql_name import sql_name
from studio_sync.errors import RefusedError

if TYPE_CHECKING:
    from psycopg import Connection


@dataclass(frozen=True, slots=True)
class CatalogueTable:
    """A table as in the catalogue.

    `owned`: the connected role is its owner, or a member. `secured`: row-level security is enabled. `forced`:
    it also binds the owner of studio_sync. `overseen`: that owner sees every row. `ours`: the connected role
    is that owner, or a member.
    """

    name: str
    schema: str
    owner: str
    owned: bool
    secured: bool
    forced: bool
    overseen: bool
    ours: bool


def places_of(connection: "Connection[Any]", kinds: Kinds) -> list[CatalogueTable]:
    """The existing tables of `kinds`."""
    query = Path(__file__).with_name("tables.sql").read_bytes()
    return [CatalogueTable(*row) for row in connection.execute(query, [[kind.table for kind in kinds]])]


def hold_ready(places: Sequence[CatalogueTable], user: str) -> None:
    """Raise RefusedError with everything that keeps grants from working, or this role from granting."""
    foreign = [p for p in places if not p.owned]
    lines = []
    if foreign:
        owners = sorted({p.owner for p in foreign})
        lines.append(
            f"{', '.join(p.name for p in foreign)}: only the owner ({', '.join(owners)}) or a member of"
            f" it can make policies (GRANT {sql_name(owners[0])} TO {sql_name(user)})"
        )
    if any(not p.ours for p in places):
        lines.append("the schema studio_sync is another role's: it has to be yours, or one's that you are in")
    if bare := [p.name for p in places if not p.secured]:
        lines.append(
            f"{', '.join(bare)}: row-level security is off, so no policy holds; turning it on hides the"
            f" rows from every role without a policy (ALTER TABLE {bare[0]} ENABLE ROW LEVEL SECURITY)"
        )
    if forced := [p.name for p in places if p.forced]:
        lines.append(
            f"{', '.join(forced)}: row-level security is forced on the owner of studio_sync, too, so"
            f" that studio's functions would not see every row"
            f" (ALTER TABLE {forced[0]} NO FORCE ROW LEVEL SECURITY)"
        )
    if blind := [p for p in places if not p.overseen]:
        lines.append(
            f"{', '.join(p.name for p in blind)}: the owner of the schema studio_sync must own them, too,"
            f" or be a member of the owner (ALTER SCHEMA studio_sync OWNER TO {sql_name(blind[0].owner)})"
        )
    if lines:
        raise RefusedError(
            "access by client can't be given here; nothing was changed:",
            "run this as the owner of the tables and of studio_sync, after what the lines say",
            listed=lines,
        )
