"""The conflict parts that were shown: a decision drops those, and no others."""

from collections.abc import Iterable

from studio_sync.core.merge.parts import Part
from studio_sync.core.values.record import Rid
from studio_sync.sync.compare.sides import BaseSide


class ShownParts:
    """The parts that a person or program was shown whole, in this workspace and for this database.

    Reading commands may add to them: that can only turn a refusal into a pass.
    """

    def __init__(self, base: BaseSide) -> None:
        self._memory, self._db = base.memory, base.db

    def covers(self, rid: Rid, parts: Iterable[Part]) -> bool:
        """Whether each of these parts of a record's conflict was shown with its current values."""
        return {part.id for part in parts} <= self._memory.shown(self._db, rid)

    def add(self, shown: Iterable[tuple[Rid, Part]]) -> None:
        """Save parts whose three values were printed whole and without an error."""
        found = [(rid, part.id) for rid, part in shown]
        if found:
            with self._memory.changing():
                self._memory.add_shown(self._db, found)
