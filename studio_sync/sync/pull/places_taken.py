"""Places that a pull takes from other records: these go first, or the place stays theirs."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from studio_sync.core.plan.plan import Change
from studio_sync.core.plan.reconcile import Action, Delta
from studio_sync.core.values.record import PARENT, Rid


@dataclass(frozen=True)
class PlacesTaken:
    """The places that the changes of a pull take; `holders` maps each such record to the one there now."""

    changes: Sequence[Change]
    deltas: Mapping[Rid, Delta]
    holders: Mapping[Rid, Rid]

    def first(self) -> list[Change]:
        """The deletions to make before anything else, the lowest first.

        They free a place, and nothing moves out from below them.
        """
        freeing = set(self.holders.values())
        left = {rid for c in self.changes if c.moves and PARENT in c.fields for rid in self._chain(c.rid)}
        doomed = [c for c in reversed(self.changes) if c.action is Action.DELETE]
        return [c for c in doomed if freeing.difference(left) & {c.rid, *self._chain(c.rid)}]

    def in_order(self, changes: Sequence[Change]) -> Sequence[Change]:
        """The changes, with what is made at a place after the move that frees it, which may fail.

        What comes below such a record goes along. Records that trade places have no order.
        """
        if not self.holders:
            return changes
        by_rid, levels = {change.rid: change for change in changes}, dict[Rid, int]()

        def level(change: Change) -> int:
            if change.rid not in levels:
                levels[change.rid] = 0  # also where it comes round again
                holder = by_rid.get(self.holders.get(change.rid, ""))
                above = by_rid.get(change.after.parent) if change.after is not None else None
                waits = [level(holder) + 1] if holder and change.action is Action.CREATE else []
                goes = [level(above)] if above and above.action is Action.CREATE else []
                levels[change.rid] = max([0, *waits, *goes])
            return levels[change.rid]

        return sorted(changes, key=level)

    def _chain(self, rid: Rid) -> Iterator[Rid]:
        """The records above a record in the files, as far as they differ, nearest first."""
        delta = self.deltas.get(rid)
        while delta is not None and delta.local is not None:
            delta = self.deltas.get(delta.local.parent)
            if delta is not None:
                yield delta.rid


def places_taken(changes: Sequence[Change], deltas: Mapping[Rid, Delta]) -> PlacesTaken:
    """Find the changes that take the place of another record's file."""
    here = {
        (d.local.parent, d.local.kind, d.local.slot): d.rid
        for d in deltas.values()
        if d.local is not None and d.kind.identified
    }
    found: dict[Rid, Rid] = {}
    for change in changes:
        after = change.after
        if after is None or not (change.moves or change.action is Action.CREATE):
            continue
        holder = here.get((after.parent, after.kind, after.slot), change.rid)
        if holder != change.rid:
            found[change.rid] = holder
    return PlacesTaken(changes, deltas, found)
