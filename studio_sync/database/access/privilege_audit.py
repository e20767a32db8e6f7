"""Privilege audit: ways in which a role can exceed its grants, which row-level security doesn't prevent."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio_sync.core.values.kind import Kinds

if TYPE_CHECKING:
    from psycopg import Connection

LEDGER = ("runs", "versions", "notes")


@dataclass(frozen=True, slots=True)
class ExcessPrivilege:
    """One way in which a role exceeds its grants, and the SQL that ends it."""

    what: str
    remedy: str


def excess_privileges(connection: "Connection[Any]", kinds: Kinds, role: str) -> list[ExcessPrivilege]:
    """All of them, according to the catalogue; none for a role that doesn't exist."""
    query = Path(__file__).with_name("privilege_audit.sql").read_bytes()
    rows = connection.execute(query, {"role": role, "tables": table_names(kinds)})
    return [ExcessPrivilege(what, remedy) for what, remedy in rows]


def table_names(kinds: Kinds) -> Sequence[str]:
    """The tables that a grant covers, as PostgreSQL parses their names."""
    return [
        *(f'"{kind.table}"' for kind in kinds),
        *(f"studio_sync.{name}" for name in (*LEDGER, "access", "bound")),
    ]
