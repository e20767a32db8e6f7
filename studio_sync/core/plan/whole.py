"""What goes along with a decision about a deleted record, so that the decision is about the whole."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from studio_sync.core.history.known_versions import RecordHistory, says_again
from studio_sync.core.plan.contest import DATABASE_SIDE, FILES_SIDE, ContestSide
from studio_sync.core.plan.reconcile import Action, Delta, Standing
from studio_sync.core.status.transition import status_of, with_status
from studio_sync.core.values.record import PARENT, Rid


@dataclass(frozen=True, slots=True)
class WholeDecision:
    """A record that goes along with a decision, as it stands then; `fields` are those decided, none: all."""

    delta: Delta
    fields: frozenset[str] = frozenset()


def with_dependents(deltas: Sequence[Delta], decided: Collection[Rid]) -> list[WholeDecision]:
    """What else is decided by the decisions about the records `decided`, which `deltas` tell already.

    - What is made again needs everything above it, and brings along what was deleted together with that
      and has not changed: a record that stays keeps what stands below it.
    - What goes takes along what was deleted below it, and lets go of what moves out of it.
    """
    by_rid = {d.rid: d for d in deltas}
    found: dict[Rid, WholeDecision] = {}
    for side in (FILES_SIDE, DATABASE_SIDE):
        made = [d for rid in decided if (d := by_rid[rid]) and _needs_parent(side, d)]
        tops = {top for d in made if (top := _topmost(side, d, by_rid))}
        for delta in by_rid.values():
            chain = [d.rid for d in (delta, *side.above(delta, by_rid))]
            if delta.rid in decided or not side.missing(delta) or tops.isdisjoint(chain):
                continue
            needed = any(delta in side.above(d, by_rid) for d in made)
            if needed or side.deleted(delta):
                again = replace(delta, standing=side.ahead, action=Action.CREATE)
                found[delta.rid] = WholeDecision(again)
    gone = {rid for rid in decided if (d := by_rid[rid]) and FILES_SIDE.deleted(d)}
    for taken in _taken(by_rid, gone, found.keys() | set(decided)) if gone else ():
        found[taken.delta.rid] = taken
    return list(found.values())


def _needs_parent(side: ContestSide, delta: Delta) -> bool:
    """Whether a decision makes a record on the side that lacks it, or moves it to a place there."""
    if side.missing(delta):
        return delta.standing is side.ahead
    return not side.missing(delta) and delta.fields.get(PARENT) is side.ahead


def _topmost(side: ContestSide, delta: Delta, by_rid: Mapping[Rid, Delta]) -> Rid:
    above = list(side.above(delta, by_rid))
    return above[-1].rid if above else delta.rid if side.missing(delta) else ""


def _taken(
    by_rid: Mapping[Rid, Delta], gone: AbstractSet[Rid], told: AbstractSet[Rid]
) -> Iterator[WholeDecision]:
    """What files go along with those of the records `gone`, and what moves out of there first."""
    for delta in by_rid.values():
        if delta.rid in told or gone.isdisjoint(d.rid for d in FILES_SIDE.above(delta, by_rid)):
            continue
        if FILES_SIDE.deleted(delta):
            yield WholeDecision(delta)
        elif delta.fields.get(PARENT) is Standing.BEHIND:
            column = delta.kind.slot.column if delta.kind.slot else ""
            yield WholeDecision(delta, frozenset({PARENT, column} & delta.fields.keys()))


def made_again(delta: Delta, history: RecordHistory | None) -> Delta:
    """A record whose row is to be made again, with the status that it may have then.

    What says just what the ledger knew last keeps the status that it had; anything else starts anew.
    """
    kind, local = delta.kind, delta.local
    if local is None or delta.remote is not None or delta.standing is not Standing.AHEAD or not kind.flow:
        return delta
    if status_of(kind, local) == kind.flow[0] or says_again(history, local):
        return delta
    return replace(delta, local=with_status(kind, local, kind.flow[0]))
