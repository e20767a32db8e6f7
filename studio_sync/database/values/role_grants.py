"""What a role may do in a database."""

from collections.abc import Mapping
from dataclasses import dataclass

_LEVELS = ("read", "write", "approve")


@dataclass(frozen=True, slots=True)
class RoleGrants:
    """What a role may do, by the row's id of the record at the top: "read", "write" or "approve".

    `slots` are the slugs that people know these by, where the row is there.
    """

    levels: Mapping[str, str]
    slots: Mapping[str, str]

    def may(self, top: str, need: str) -> bool:
        """Whether the role may do what needs the level `need` below the row `top`."""
        level = self.levels.get(top)
        return level is not None and _LEVELS.index(level) >= _LEVELS.index(need)

    def lines(self) -> list[str]:
        """What the role may do, for people."""
        return [f"{can} {self.slots.get(top) or top}" for top, can in self.levels.items()]
