"""Rows of other tables that hang on what a push deletes: the database would take or change them along."""

from dataclasses import dataclass
from enum import StrEnum


class Effect(StrEnum):
    """What a deletion does to rows that point at what goes."""

    DELETED = "deleted"
    CHANGED = "changed"
    BLOCKING = "blocking"
    """The database lets nothing go while they are there."""
    HIDDEN = "hidden"
    """Nobody can say: this role may not see every row of the table."""


@dataclass(frozen=True, slots=True)
class Dependents:
    """So many rows of a table that is none of the kinds'; 0 where they can't be counted.

    `names` are how people may spell the table.
    """

    table: str
    effect: Effect
    rows: int
    names: frozenset[str] = frozenset()

    @property
    def confirmable(self) -> bool:
        """Whether a person can decide that they go along."""
        return self.effect in (Effect.DELETED, Effect.CHANGED)

    def __str__(self) -> str:
        if self.effect is Effect.HIDDEN:
            return f"rows of {self.table}, which this role may not see and nobody counted"
        rows = f"{self.rows:,} row{'' if self.rows == 1 else 's'} of {self.table}"
        return {
            Effect.DELETED: f"{rows}, which the database would delete along",
            Effect.CHANGED: f"{rows}, in which the database would clear what points there",
            Effect.BLOCKING: f"{rows}, which the database does not leave without what they point at",
        }[self.effect]
