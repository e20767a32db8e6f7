"""Grants of a role: which clients it may read, write or approve."""

from collections.abc import Mapping
from dataclasses import dataclass

_LEVELS = ("read", "write", "approve")


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
        return level is not None and _LEVELS.index(level) >= _LEVELS.index(need)

    def lines(self) -> list[str]:
        """The grants as lines for people."""
        return [f"{can} {self.slots.get(top) or top}" for top, can in self.levels.items()]
