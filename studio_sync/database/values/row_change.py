"""A change that others made in a row, as it was entered when it happened."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from studio_sync.core.values.record import Version
from studio_sync.core.values.value import Value

TRACKED = "tracked"
"""The source of a run that the triggers entered: a transaction in which others changed rows."""


def author_text(actor: str, role: str) -> str:
    """Who changed a row: what the application claims is told apart from what the server knows."""
    return f"{actor} (claimed, as {role})" if actor else f"role {role}"


@dataclass(frozen=True, slots=True)
class RowSide:
    """A record before or after a change: its version, and its values as the ledger keeps them."""

    version: Version
    values: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class RowChange:
    """A change of one record by others. `actor` is whom the application claims to act for, "" for nobody.

    `before` or `after` is None where there was no row, or is none any more.
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
        """Where the record stands, or stood."""
        side = self.after or self.before
        if side is None:
            raise ValueError(self.run)
        return side.version
