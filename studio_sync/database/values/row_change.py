"""A tracked change: a change to a row by others, recorded by a trigger."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from studio_sync.core.values.record import Version
from studio_sync.core.values.value import Value

TRACKED = "tracked"
"""The source of a tracked run: a transaction in which others changed rows."""


def author_text(actor: str, role: str) -> str:
    """The author of a change, with the application's claim marked as such beside the database role."""
    return f"{actor} (claimed, as {role})" if actor else f"role {role}"


@dataclass(frozen=True, slots=True)
class RowSide:
    """A record before or after a change: its version, and its values as in the ledger."""

    version: Version
    values: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class RowChange:
    """A change to one record by others. `actor` is the user whom the application claims to act for, or "".

    `before` is None for a new row, `after` for a deleted one.
    """

    id: int
    run: str
    at: datetime
    role: str
    actor: str
    before: RowSide | None
    after: RowSide | None

    @property
    def place(self) -> Version:
        """The record's place after the change, or before its deletion."""
        side = self.after or self.before
        if side is None:
            raise ValueError(self.run)
        return side.version
