"""Conflicts about places that only one decision about all of them can settle by the database."""

from collections.abc import Iterable, Mapping, Sequence

from studio_sync.core.plan.reconcile import Delta, Standing
from studio_sync.core.values.record import PARENT, Rid


def moves_file(delta: Delta) -> bool:
    """Whether a pull, or a decision for the database, moves the file of a record that both sides have."""
    both = delta.local is not None and delta.remote is not None
    return both and bool({Standing.CONFLICT, Standing.BEHIND} & _of_place(delta))


def decided_along(deltas: Iterable[Delta]) -> Mapping[Rid, Sequence[Rid]]:
    """For each conflict those whose files have the places that its own and theirs would move to.

    They wait for each other: where two trade places each for the other one. What moves in the database alone
    goes along by itself, whatever else is in conflict of it.
    """
    moving = {d.rid: d for d in deltas if moves_file(d)}
    undecided = {rid for rid, delta in moving.items() if Standing.CONFLICT in _of_place(delta)}
    here = {d.local.place: rid for rid, d in moving.items() if d.local is not None}
    taking = {rid: here.get(d.remote.place) for rid, d in moving.items() if d.remote is not None}
    found: dict[Rid, Sequence[Rid]] = {}
    for rid, delta in moving.items():
        if delta.standing is not Standing.CONFLICT:
            continue
        after, at = list[Rid](), taking[rid]
        while at is not None and at != rid and at not in after:
            after.append(at)
            at = taking[at]
        if also := [other for other in after if other in undecided]:
            found[rid] = also
    return found


def _of_place(delta: Delta) -> set[Standing | None]:
    return {delta.fields.get(PARENT), delta.fields.get(delta.kind.slot_column or PARENT)}
