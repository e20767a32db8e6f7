"""What only a person can decide: steps that no push takes by itself."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum


class Choice(StrEnum):
    """A kind of decision. Its word is that of the flag, of the commit trailer, and of the ledger."""

    REOPEN = "reopen"
    """A step back in status."""
    RENUMBER = "renumber"
    """Another number, order or place for what is locked."""
    IMPORT = "import"
    """A new row that does not start at the first status."""
    DELETE = "delete"
    """A row deleted because its file was."""
    DELETE_WITH = "delete-with"
    """Rows of another table, deleted or changed along with such a row; the table stands for the path."""


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision about one record, and why."""

    choice: Choice
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Grant:
    """A decision as it was given: for the record at `path` and everything below it, "" for all of a push.

    `count` says of a deletion how many records are to go, 0 if nobody counted. `commit` is the commit that
    carries it, "" if none does.
    """

    choice: Choice
    reason: str = ""
    path: str = ""
    count: int = 0
    commit: str = ""

    def covers(self, path: str) -> bool:
        """Whether it is about the record whose file is at `path`, given as this grant's path is."""
        return not self.path or path == self.path or path.startswith(self.path + "/")


def granted(
    grants: Iterable[Grant], choice: Choice, paths: Callable[[Grant], Iterable[str]]
) -> list[Decision]:
    """The decisions that the grants give for a record, the nearest first.

    `paths` says where the record's file is, or was when a grant was given.
    """
    found = [g for g in grants if g.choice is choice and any(map(g.covers, paths(g)))]
    return [Decision(choice, g.reason) for g in sorted(found, key=lambda g: -len(g.path))]
