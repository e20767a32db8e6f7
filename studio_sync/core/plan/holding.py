"""Holds: the changes of a run that must wait, so that no record loses its parent or its place.

A run writes one side: a push the database, a pull the files. Laws of `hold`, whatever the tree:

- After the changes that are not held, every record on that side has its parent, if it had one before.
- A record that stays keeps its descendants, unless somebody deleted them by themselves: nothing below a
  record that is held, in conflict or refused is deleted, at any depth.
- No record takes a place that another record still has.
- A deleted record is created again together with everything that was deleted below it, or not at all.
- It is minimal: each hold follows from a record that stays.
- It is idempotent: with the held records counted as stuck, nothing more is held.

A move is a deletion at the old place and a creation at the new one: it needs its new parent, and until
it is made the record blocks the deletion of its old parent.
"""

from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum, auto

from studio_sync.core.plan.placement import Placement, Role, in_files
from studio_sync.core.plan.plan import Change
from studio_sync.core.plan.reconcile import Delta
from studio_sync.core.values.record import Rid


class Cause(Enum):
    """Why a change must wait for another record."""

    BELOW = auto()
    """The record would be deleted, and another one stays below it."""
    ABOVE = auto()
    """The record would be deleted, and one above it is stuck."""
    PARENT = auto()
    """The parent that the record would get does not exist."""
    PLACE = auto()
    """Another record keeps the place that the record would take."""
    PART = auto()
    """The record would be created again, and one below it would not."""


@dataclass(frozen=True, slots=True)
class Hold:
    """A held change: why, `by` which record, and the record that is not planned and that started it."""

    cause: Cause
    by: Rid
    origin: Rid


def hold(
    placements: Iterable[Placement],
    above: Callable[[Rid], Rid] = lambda _: "",
    waits: Mapping[Rid, Rid] | None = None,
    wholes: Mapping[Rid, Collection[Rid]] | None = None,
) -> dict[Rid, Hold]:
    """The planned changes that must wait, by record.

    `placements` are the records that differ. `above` returns the parent of any other record, "" at the top.
    `waits` maps a record that would take another one's place to that other record. `wholes` maps a deleted
    record to those above it that were deleted, too.
    """
    return _Holding({p.rid: p for p in placements}, above, waits or {}, wholes or {}).found()


class _Holding:
    """The fixed point: from each record that stays, follow what must stay with it, until nothing is added."""

    def __init__(
        self,
        known: Mapping[Rid, Placement],
        above: Callable[[Rid], Rid],
        waits: Mapping[Rid, Rid],
        wholes: Mapping[Rid, Collection[Rid]],
    ) -> None:
        self._known, self._above, self._wholes = known, above, wholes
        self._held: dict[Rid, Hold] = {}
        self._queue: deque[tuple[Rid, Rid]] = deque()
        self._entering: dict[Rid, list[Rid]] = {}
        self._deleted_below: dict[Rid, list[Rid]] = {}
        self._waiting: dict[Rid, list[Rid]] = {}
        for placement in known.values():
            if placement.role is not Role.PLANNED:
                continue
            if placement.after is None:
                for rid in self._chain(placement):
                    self._deleted_below.setdefault(rid, []).append(placement.rid)
            elif placement.after != placement.before:
                self._entering.setdefault(placement.after, []).append(placement.rid)
        for rid, holder in waits.items():
            self._waiting.setdefault(holder, []).append(rid)

    def found(self) -> dict[Rid, Hold]:
        for placement in self._known.values():
            if placement.role is not Role.PLANNED:
                self._queue.append((placement.rid, placement.rid))
            elif placement.keeps_place:
                self._keep_place(placement.rid, placement.rid)
        for parent, rids in self._entering.items():
            if self._is_deletion(parent):
                self._hold(parent, Cause.BELOW, rids[0], rids[0])
        while self._queue:
            self._follow(*self._queue.popleft())
        return self._held

    def _follow(self, rid: Rid, origin: Rid) -> None:
        """Hold the changes that must wait because this record stays as it is."""
        placement = self._known[rid]
        # P1: a record that stays keeps its parent.
        if placement.before and self._is_deletion(placement.before):
            self._hold(placement.before, Cause.BELOW, rid, origin)
        # P2: a record is created or moved only below a parent that exists.
        if placement.before is None:
            for other in self._entering.get(rid, ()):
                self._hold(other, Cause.PARENT, rid, origin)
        # P3: a stuck record keeps all its descendants.
        if placement.role is not Role.IDLE:
            for other in self._deleted_below.get(rid, ()):
                self._hold(other, Cause.ABOVE, rid, origin)
        # P4: a place holds one record.
        if placement.before is not None:
            self._keep_place(rid, origin)
        # P6: a deleted record is created again with everything that was deleted below it.
        for other in self._wholes.get(rid, ()):
            self._hold(other, Cause.PART, rid, origin)

    def _keep_place(self, rid: Rid, origin: Rid) -> None:
        for other in self._waiting.get(rid, ()):
            self._hold(other, Cause.PLACE, rid, origin)

    def _hold(self, rid: Rid, cause: Cause, by: Rid, origin: Rid) -> None:
        placement = self._known.get(rid)
        if placement is not None and placement.role is Role.PLANNED and rid not in self._held:
            self._held[rid] = Hold(cause, by, origin)
            self._queue.append((rid, origin))

    def _is_deletion(self, rid: Rid) -> bool:
        placement = self._known.get(rid)
        return placement is not None and placement.role is Role.PLANNED and placement.after is None

    def _chain(self, placement: Placement) -> Iterable[Rid]:
        """The ancestors of a record on the side that is written, nearest first."""
        rid = placement.before or ""
        visited: set[Rid] = set()
        while rid and rid not in visited:
            visited.add(rid)
            yield rid
            known = self._known.get(rid)
            rid = (known.before or "") if known is not None else self._above(rid)


def held_with(
    deltas: Mapping[Rid, Delta], doomed: Iterable[Change], failed: Collection[Rid]
) -> dict[Rid, Hold]:
    """Those of a pull's deletions `doomed` that must wait, because the files of `failed` were not written."""
    if not failed:
        return {}
    stuck = [in_files(deltas[rid], Role.STUCK) for rid in failed]
    planned = [in_files(deltas[change.rid], Role.PLANNED) for change in doomed if change.rid not in failed]
    return hold([*stuck, *planned])
