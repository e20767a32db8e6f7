"""Places that a pull takes from other records: these go first, or the place stays theirs."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from studio_sync.core.plan.plan import Change
from studio_sync.core.plan.reconcile import Action, Delta
from studio_sync.core.values.record import PARENT, Rid


@dataclass(frozen=True)
class PlacesTaken:
    """The places that the changes of a pull take; `holders` maps each such record to the one there now."""

    changes: Sequence[Change]
    deltas: Mapping[Rid, Delta]
    holders: Mapping[Rid, Rid]

    @cached_property
    def _by_rid(self) -> Mapping[Rid, Change]:
        return {change.rid: change for change in self.changes}

    def first(self) -> list[Change]:
        """The deletions to make before anything else, the lowest first.

        They free a place, and nothing moves out from below them.
        """
        freeing = set(self.holders.values())
        left = {rid for c in self.changes if c.moves and PARENT in c.fields for rid in self._chain(c.rid)}
        doomed = [c for c in reversed(self.changes) if c.action is Action.DELETE]
        return [c for c in doomed if freeing.difference(left) & {c.rid, *self._chain(c.rid)}]

    def in_order(self) -> Sequence[Change]:
        """What is to be written, each after the one that frees its place, which may fail, and the one above.

        Of records that trade places, one comes first.
        """
        written = {change.rid: change for change in self.changes if change.action is not Action.DELETE}
        if not self.holders:
            return [*written.values()]
        order, met = list[Change](), set[Rid]()
        for change in written.values():
            waiting = [] if change.rid in met else [change]
            while waiting:
                last = waiting[-1]
                met.add(last.rid)
                above = last.after.parent if last.after is not None else ""
                others = (above, self.holders.get(last.rid, ""))
                before = next((rid for rid in others if rid in written and rid not in met), None)
                if before is not None:
                    waiting.append(written[before])
                else:
                    order.append(waiting.pop())
        return order

    def before(self, rid: Rid) -> Iterator[Change]:
        """The changes that free places before this record's: its holder's, that one's holder's, and so on.

        It ends where records trade places.
        """
        met = {rid}
        while (rid := self.holders.get(rid, rid)) not in met and rid in self._by_rid:
            met.add(rid)
            yield self._by_rid[rid]

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
