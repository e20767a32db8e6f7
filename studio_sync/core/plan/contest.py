"""Contested deletions: one side deleted a record, the other one added or changed something below it.

Such a deletion and everything below it is one decision, made whole: a folder is deleted together with
what was changed in it, or stays with everything in it.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from types import MappingProxyType

from studio_sync.core.history.merge_base import BaseResolution
from studio_sync.core.plan.placement import Placement, Role, in_database, in_files
from studio_sync.core.plan.reconcile import Action, Delta, Standing, gravest
from studio_sync.core.values.record import PARENT, Rid, Version


@dataclass(frozen=True, slots=True)
class Contest:
    """The contested deletion that a record is part of.

    `top` is the topmost record whose deletion is contested. `by` is a record that contests it: `top` itself
    if it was changed.
    """

    top: Rid
    by: Rid


@dataclass(frozen=True, slots=True)
class ContestSide:
    """One direction of a contest, from the side that still has what the other side deleted.

    `ahead` is the standing of this side's changes, `behind` that of the other side's.
    """

    has: Callable[[Delta], Version | None]
    lacks: Callable[[Delta], Version | None]
    ahead: Standing
    behind: Standing
    place: Callable[[Delta, Role], Placement]

    def deleted(self, delta: Delta) -> bool:
        """Whether the other side deleted the record, and this side left it unchanged."""
        return delta.action is Action.DELETE and delta.standing is self.behind and self.missing(delta)

    def missing(self, delta: Delta) -> bool:
        """Whether only this side has the record."""
        return self.lacks(delta) is None and self.has(delta) is not None

    def above(self, delta: Delta, by_rid: Mapping[Rid, Delta]) -> Iterable[Delta]:
        """The ancestors that only this side has, nearest first, up to the first one that both have."""
        version = self.has(delta)
        while version is not None and (up := by_rid.get(version.parent)) is not None and self.missing(up):
            yield up
            version = self.has(up)


FILES_SIDE = ContestSide(lambda d: d.local, lambda d: d.remote, Standing.AHEAD, Standing.BEHIND, in_files)
"""The database deleted something that the files have."""

DATABASE_SIDE = ContestSide(
    lambda d: d.remote, lambda d: d.local, Standing.BEHIND, Standing.AHEAD, in_database
)
"""The files deleted something that the database has."""


def with_revivals(deltas: Sequence[Delta], decided: Collection[Rid]) -> list[Delta]:
    """The deltas, in which deleted rows are created again where the ledger notes a decision to keep them.

    `decided` are unchanged files of deleted rows with such a note, as a fresh clone finds them. The note
    counts only if this tree has what the decision was about: a created record above or below them. Another
    content below such a record, deleted along with it, is in conflict: the decision was not about it, and
    what is above it is decided together with it.
    """
    now = {d.rid: d for d in deltas}
    wanted = [d for d in deltas if d.rid in decided and FILES_SIDE.deleted(d)]
    if not wanted:
        return list(deltas)
    made = {d.rid for d in deltas if FILES_SIDE.missing(d) and d.standing is Standing.AHEAD}
    for delta in [now[rid] for rid in made]:
        made |= {up.rid for up in FILES_SIDE.above(delta, now) if up in wanted}
    for delta in wanted:
        if delta.rid in made or not made.isdisjoint(up.rid for up in FILES_SIDE.above(delta, now)):
            now[delta.rid] = replace(delta, standing=Standing.AHEAD, action=Action.CREATE)
    again = {rid for rid, delta in now.items() if delta.action is Action.CREATE and rid in decided}
    before = {d.rid: d for d in deltas}
    other = [d for d in deltas if FILES_SIDE.deleted(now[d.rid]) and again & _above(d, now)]
    # P5: a record that a decision makes again keeps everything below it, or is not made again here.
    contested = set().union(*(_above(d, now) for d in other))
    now |= {rid: before[rid] for rid in contested & again}
    now |= {d.rid: replace(d, standing=Standing.CONFLICT) for d in other}
    return [now[d.rid] for d in deltas]


def with_kept_below(deltas: Sequence[Delta]) -> list[Delta]:
    """The deltas, in which what one side deleted below a record that the other brings is in conflict."""
    now = {d.rid: d for d in deltas}
    for side in (FILES_SIDE, DATABASE_SIDE):
        # P7: nothing is deleted below a record that is created on the same side: it may belong to that.
        for delta in deltas:
            if side.deleted(delta) and any(up.standing is side.ahead for up in side.above(delta, now)):
                now[delta.rid] = replace(delta, standing=Standing.CONFLICT)
    return [now[delta.rid] for delta in deltas]


def _above(delta: Delta, by_rid: Mapping[Rid, Delta]) -> set[Rid]:
    return {up.rid for up in FILES_SIDE.above(delta, by_rid)}


def with_contests(
    deltas: Sequence[Delta], newer: Mapping[Rid, BaseResolution] = MappingProxyType({})
) -> tuple[list[Delta], dict[Rid, Contest]]:
    """The deltas with contested deletions as conflicts, and the contest of each record involved.

    In conflict are the deletions themselves, new records below them, and moves to a place below them.
    `deltas` are all records that differ. `newer` gives the last versions of deleted rows whose files
    are older: made again unseen, these would bring old text back.
    """
    contests: dict[Rid, Contest] = {}
    now = {d.rid: d for d in deltas}
    for side in (FILES_SIDE, DATABASE_SIDE):
        if any(d.action is Action.DELETE and side.missing(d) for d in deltas):
            last = newer if side is FILES_SIDE else {}
            _contest(side, {d.rid: d for d in deltas}, last, now, contests)
    return [now[d.rid] for d in deltas], contests


def _contest(
    side: ContestSide,
    by_rid: dict[Rid, Delta],
    newer: Mapping[Rid, BaseResolution],
    now: dict[Rid, Delta],
    contests: dict[Rid, Contest],
) -> None:
    tops = _tops(side, by_rid)
    older = [d for d in by_rid.values() if d.rid in newer and side.deleted(d)]
    if outdated := [d for d in older if _top(side, by_rid, tops, d)]:
        for d in outdated:
            by_rid[d.rid] = replace(d, base=newer[d.rid].base, standing=Standing.CONFLICT, outdated=True)
        tops = _tops(side, by_rid)
    top_of = partial(_top, side, by_rid, tops)
    for delta in by_rid.values():
        top = top_of(delta)
        if not top or (_follows(side, delta) and delta.rid not in tops):
            continue
        if side.missing(delta):
            now[delta.rid] = replace(delta, standing=Standing.CONFLICT)
        elif delta.fields.get(PARENT) is side.ahead:
            now[delta.rid] = _in_place_conflict(delta, side.ahead)
        elif delta.fields.get(PARENT) is not Standing.CONFLICT:
            continue
        contests[delta.rid] = Contest(top, tops[top])


def _tops(side: ContestSide, by_rid: Mapping[Rid, Delta]) -> dict[Rid, Rid]:
    """The deletions that are contested, with the record that contests each."""
    from studio_sync.core.plan.holding import Cause, hold

    placements = [side.place(d, Role.PLANNED if _follows(side, d) else Role.IDLE) for d in by_rid.values()]
    tops = {rid: h.origin for rid, h in hold(placements).items() if h.cause is Cause.BELOW}
    return tops | {d.rid: d.rid for d in by_rid.values() if side.missing(d) and _changed(d)}


def _changed(delta: Delta) -> bool:
    """Whether one side deleted a record and the other side changed it."""
    return delta.action is Action.DELETE and delta.standing is Standing.CONFLICT


def _follows(side: ContestSide, delta: Delta) -> bool:
    """Whether this side can apply the other side's creation, deletion or move of a record."""
    if side.missing(delta):
        return side.deleted(delta)
    if side.has(delta) is None:
        return delta.standing is side.behind
    return delta.fields.get(PARENT) is side.behind


def _top(side: ContestSide, by_rid: Mapping[Rid, Delta], tops: Mapping[Rid, Rid], delta: Delta) -> Rid:
    """The topmost contested deletion that a record is, or is below; "" if none."""
    chain = [delta, *side.above(delta, by_rid)] if side.missing(delta) else [*side.above(delta, by_rid)]
    return next((d.rid for d in reversed(chain) if d.rid in tops), "")


def _in_place_conflict(delta: Delta, ahead: Standing) -> Delta:
    """A move that is in conflict: its parent and its slot, which are one decision."""
    names = {PARENT, delta.kind.slot_column}
    fields = {n: Standing.CONFLICT if n in names and s is ahead else s for n, s in delta.fields.items()}
    return replace(delta, fields=fields, standing=gravest(fields))
