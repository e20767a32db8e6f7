"""Whole decisions: the records above and below a decided record that must be decided together with it."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from studio_sync.core.history.known_versions import RecordHistory, says_again
from studio_sync.core.plan.contest import DATABASE_SIDE, FILES_SIDE, Contest, ContestSide
from studio_sync.core.plan.reconcile import Action, Delta, Standing
from studio_sync.core.status.transition import status_of, with_status
from studio_sync.core.values.kind import Kind
from studio_sync.core.values.record import PARENT, Rid


@dataclass(frozen=True, slots=True)
class WholeDecision:
    """A record that is decided together with another, as it is after; `fields`: those decided, none: all."""

    delta: Delta
    fields: frozenset[str] = frozenset()


def with_dependents(deltas: Sequence[Delta], decided: Collection[Rid]) -> list[WholeDecision]:
    """The records decided implicitly by the decisions about `decided`, whose deltas already have theirs.

    - Creating a record again needs all its ancestors, and includes what was deleted together with them and
      has not changed: a record that stays keeps its descendants. What is below a conflict waits for it.
    - Deleting a record includes what was deleted below it, and lets records move out of it first.
    """
    by_rid = {d.rid: d for d in deltas}
    found: dict[Rid, WholeDecision] = {}
    for side in (FILES_SIDE, DATABASE_SIDE):
        made = [d for rid in decided if (d := by_rid[rid]) and _needs_parent(side, d)]
        tops = {top for d in made if (top := _topmost(side, d, by_rid))}
        needed = {up.rid for d in made for up in side.above(d, by_rid)}
        coming = needed | {d.rid for d in made} | {d.rid for d in by_rid.values() if side.deleted(d)}
        for delta in by_rid.values():
            above = {d.rid for d in side.above(delta, by_rid)}
            if delta.rid in decided or not side.missing(delta) or tops.isdisjoint({delta.rid, *above}):
                continue
            if delta.rid in needed or (side.deleted(delta) and above <= coming):
                again = replace(delta, standing=side.ahead, action=Action.CREATE)
                found[delta.rid] = WholeDecision(again)
    deleted = {rid for rid in decided if (d := by_rid[rid]) and FILES_SIDE.deleted(d)}
    for taken in _taken(by_rid, deleted, found.keys() | set(decided)) if deleted else ():
        found[taken.delta.rid] = taken
    return list(found.values())


def giving_way(deltas: Sequence[Delta], decided: Mapping[Rid, AbstractSet[str]]) -> Iterator[WholeDecision]:
    """The records that the database moved out of a place in the files that a decided record takes.

    `decided` are the decided fields by record, none: all. A place becomes free before it is taken.
    """
    here = {d.local.place: d for d in deltas if d.local is not None and d.kind.identified}
    taking = [d for d in deltas if d.rid in decided and _takes_place(d, decided[d.rid])]
    found: set[Rid] = set()
    while taking:
        delta = taking.pop()
        holder = here.get(delta.remote.place) if delta.remote is not None else None
        if holder is None or holder.rid in found or holder.rid in decided or not _takes_place(holder):
            continue
        found.add(holder.rid)
        taking.append(holder)
        yield WholeDecision(holder, _place_fields(holder.kind).intersection(holder.having(Standing.BEHIND)))


def _takes_place(delta: Delta, decided: AbstractSet[str] = frozenset()) -> bool:
    """Whether a pull of these fields, none: of all, moves a record's file to the place of its row."""
    place = _place_fields(delta.kind) - {delta.kind.order.name if delta.kind.order else ""}
    moving = place.intersection(delta.having(Standing.BEHIND))
    return delta.local is not None and bool(moving & decided if decided else moving)


def _place_fields(kind: Kind) -> frozenset[str]:
    order, slot = kind.order, kind.slot
    return frozenset({PARENT, slot.column if slot else PARENT, order.name if order else PARENT})


def needing_undecided(
    deltas: Sequence[Delta], decided: Collection[Rid], unseen: Collection[Rid]
) -> dict[Rid, Rid]:
    """The decided records that need an ancestor again whose own conflict is not decided, with that ancestor.

    `unseen` are records in conflict that this decision should cover, and that were not shown before; an
    outdated one needs a decision in any case.
    """
    by_rid = {d.rid: d for d in deltas}
    found: dict[Rid, Rid] = {}
    for delta in (by_rid[rid] for rid in decided):
        for side in (FILES_SIDE, DATABASE_SIDE):
            if side.has(delta) is None or not _needs_parent(side, delta):
                continue
            for up in side.above(delta, by_rid):
                if up.rid in unseen or (up.outdated and up.rid not in decided):
                    found[delta.rid] = up.rid
    return found


def entered_by_undecided(
    deltas: Iterable[Delta], contests: Mapping[Rid, Contest], decided: Collection[Rid]
) -> dict[Rid, Rid]:
    """The decided deletions to below which a record moves whose place is not decided, with that record."""
    by_rid = {d.rid: d for d in deltas}
    moving = {
        contests[rid].top: rid
        for rid, delta in by_rid.items()
        if rid in contests and delta.fields.get(PARENT) is Standing.CONFLICT
    }
    tops = {rid: contests[rid].top for rid in decided if rid in contests}
    deletes = {rid for rid in tops if any(s.deleted(by_rid[rid]) for s in (FILES_SIDE, DATABASE_SIDE))}
    return {rid: moving[tops[rid]] for rid in deletes if tops[rid] in moving}


def _needs_parent(side: ContestSide, delta: Delta) -> bool:
    """Whether a decision creates a record on the side that lacks it, or moves it there."""
    if side.missing(delta):
        return delta.standing is side.ahead
    return not side.missing(delta) and delta.fields.get(PARENT) is side.ahead


def _topmost(side: ContestSide, delta: Delta, by_rid: Mapping[Rid, Delta]) -> Rid:
    above = list(side.above(delta, by_rid))
    return above[-1].rid if above else delta.rid if side.missing(delta) else ""


def _taken(
    by_rid: Mapping[Rid, Delta], deleted: AbstractSet[Rid], decided: AbstractSet[Rid]
) -> Iterator[WholeDecision]:
    """The records whose files are deleted together with those in `deleted`, and those that move out first."""
    for delta in by_rid.values():
        if delta.rid in decided or deleted.isdisjoint(d.rid for d in FILES_SIDE.above(delta, by_rid)):
            continue
        if FILES_SIDE.deleted(delta):
            yield WholeDecision(delta)
        elif delta.fields.get(PARENT) is Standing.BEHIND:
            column = delta.kind.slot_column
            yield WholeDecision(delta, frozenset({PARENT, column} & delta.fields.keys()))


def wholes(deltas: Sequence[Delta], deleted: Collection[Rid]) -> dict[Rid, list[Rid]]:
    """For each of these records, which only the files have by now, those of them above it."""
    by_rid = {d.rid: d for d in deltas} if deleted else {}
    return {
        rid: [up.rid for up in FILES_SIDE.above(by_rid[rid], by_rid) if up.rid in deleted] for rid in deleted
    }


def made_again(delta: Delta, history: RecordHistory | None) -> Delta:
    """A record whose row is created again, with the status that it may have then.

    A content equal to the last version in the ledger keeps its status; any other starts at the first one.
    """
    kind, local = delta.kind, delta.local
    if local is None or delta.remote is not None or delta.standing is not Standing.AHEAD or not kind.flow:
        return delta
    if status_of(kind, local) == kind.flow[0] or says_again(history, local):
        return delta
    return replace(delta, local=with_status(kind, local, kind.flow[0]))
