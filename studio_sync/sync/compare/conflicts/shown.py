"""What was shown of a conflict: a decision drops those parts, and no others, and can name the version."""

from collections.abc import Iterable
from hashlib import blake2b

from studio_sync.core.merge.parts import Part
from studio_sync.core.plan.reconcile import Delta
from studio_sync.core.values.record import Rid
from studio_sync.sync.compare.sides import BaseSide

_SIZE = 12


def version_token(delta: Delta) -> str:
    """The token of the row's version: of its place and all of its fields; also for a deleted row."""
    hashed = blake2b(delta.rid.encode(), digest_size=_SIZE)
    if delta.remote is not None:
        for part in (delta.remote.parent.encode(), delta.remote.slot.encode(), delta.remote.digests):
            hashed.update(b"\0" + part)
    return hashed.hexdigest()


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
