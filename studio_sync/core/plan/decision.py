"""Decisions: what a push does only if a person decided it: reopen, renumber, import, delete."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum


class Choice(StrEnum):
    """A kind of decision. Its value is the name of the flag, of the commit trailer, and in the ledger."""

    REOPEN = "reopen"
    """A step back in status."""
    RENUMBER = "renumber"
    """Another number, order or place for a locked record."""
    IMPORT = "import"
    """A new row whose status is not the first one of its flow."""
    DELETE = "delete"
    """The deletion of a row whose file was deleted."""
    DELETE_WITH = "delete-with"
    """The deletion or change of rows of another table by cascade; names the table instead of a path."""


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision about one record, with its reason."""

    choice: Choice
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Grant:
    """A decision as a person gave it: for the record at `path` and everything below; "" for the whole push.

    `count`: how many records a deletion is to delete, 0 if not stated. `commit`: the commit with the
    trailer, "" if the decision was given otherwise.
    """

    choice: Choice
    reason: str = ""
    path: str = ""
    count: int = 0
    commit: str = ""

    def covers(self, path: str) -> bool:
        """Whether it applies to the record whose file is at `path`; `path` is written as this grant's is."""
        return not self.path or path == self.path or path.startswith(self.path + "/")


def granted(
    grants: Iterable[Grant], choice: Choice, paths: Callable[[Grant], Iterable[str]]
) -> list[Decision]:
    """The decisions that the grants give for a record, most specific path first.

    `paths` returns the path of the record's file now, and its path when a grant was given.
    """
    found = [g for g in grants if g.choice is choice and any(map(g.covers, paths(g)))]
    return [Decision(choice, g.reason) for g in sorted(found, key=lambda g: -len(g.path))]
