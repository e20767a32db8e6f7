"""Dependents: rows of other tables with a foreign key to what a push deletes (cascade, restrict)."""

from dataclasses import dataclass
from enum import StrEnum


class Effect(StrEnum):
    """What the deletion of a row does to the rows that reference it."""

    DELETED = "deleted"
    CHANGED = "changed"
    BLOCKING = "blocking"
    """The foreign key forbids the deletion while these rows exist."""
    HIDDEN = "hidden"
    """Unknown: row-level security hides rows of the table from this role."""


@dataclass(frozen=True, slots=True)
class Dependents:
    """How many rows of a table that is no kind's depend on a deletion; 0 where they can't be counted.

    `names` are the spellings of the table that people may use.
    """

    table: str
    effect: Effect
    rows: int
    names: frozenset[str] = frozenset()

    @property
    def confirmable(self) -> bool:
        """Whether a person can confirm their deletion or change."""
        return self.effect in (Effect.DELETED, Effect.CHANGED)

    def __str__(self) -> str:
        if self.effect is Effect.HIDDEN:
            return f"rows of {self.table}, which this role may not see and nobody counted"
        rows = f"{self.rows:,} row{'' if self.rows == 1 else 's'} of {self.table}"
        return {
            Effect.DELETED: f"{rows}, which the database would delete with it",
            Effect.CHANGED: f"{rows}, in which the database would clear what points there",
            Effect.BLOCKING: f"{rows}, which the database does not leave without what they point at",
        }[self.effect]
