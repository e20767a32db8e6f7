"""Grants of a role: which clients it may read, write or approve."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

LEVELS = ("read", "write", "approve")
"""The levels of access to a client's rows, each including the one before."""


@dataclass(frozen=True, slots=True)
class RoleGrants:
    """The level ("read", "write" or "approve") for each granted client, by the row id of its top record.

    `slots` are the clients' slugs, where the row exists.
    """

    levels: Mapping[str, str]
    slots: Mapping[str, str]

    def may(self, top: str, need: str) -> bool:
        """Whether the role has at least the level `need` below the row `top`."""
        level = self.levels.get(top)
        return level is not None and LEVELS.index(level) >= LEVELS.index(need)

    def writable(self, clients: Collection[str] | None) -> frozenset[str]:
        """The top rows that the role may write, those of these clients (slugs; None: of all)."""
        mine = (top for top in self.levels if self.may(top, "write"))
        return frozenset(top for top in mine if clients is None or self.slots.get(top) in clients)

    def lines(self) -> list[str]:
        """The grants as lines for people."""
        return [f"{can} {self.slots.get(top) or top}" for top, can in self.levels.items()]
