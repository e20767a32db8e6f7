"""A person's decision applied to a comparison: what it decides, and what remains to decide."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace

from studio_sync.core.merge.parts import Part, PartKind
from studio_sync.core.merge.resolution import decided_parts
from studio_sync.core.plan.plan import Refusal
from studio_sync.core.plan.reconcile import Delta, Standing
from studio_sync.core.plan.resolve_command import resolve_command
from studio_sync.core.plan.whole import (
    entered_by_undecided,
    giving_way,
    made_again,
    needing_undecided,
    with_dependents,
)
from studio_sync.core.values.layout import whole_path
from studio_sync.core.values.record import Rid
from studio_sync.sync.compare.compared import Compared
from studio_sync.sync.compare.comparison import RecordValues
from studio_sync.sync.compare.conflicts.contested import Contested, records_with_markers
from studio_sync.sync.compare.conflicts.shown import ShownParts
from studio_sync.sync.options import ConflictDecision
from studio_sync.sync.pull.resolving import ConflictResolver
from studio_sync.sync.read.spool import Spool


@dataclass(frozen=True, slots=True)
class Decided:
    """A comparison as it is after a person's decision; without one, as it was.

    `deltas` are those in scope. `fields` are the resolved fields by record; no fields: the whole record.
    `refused` could not be resolved. `demanded` are the parts, by record, that must be shown first.
    """

    compared: Compared
    deltas: Sequence[Delta]
    fields: Mapping[Rid, frozenset[str]] = field(default_factory=dict)
    refused: Sequence[Refusal] = ()
    demanded: Mapping[Rid, tuple[Part, ...]] = field(default_factory=dict)
    contested: Sequence[Contested] = ()
    before: Mapping[Rid, Delta] = field(default_factory=dict)

    def without(self, rids: AbstractSet[Rid]) -> "Decided":
        """The decision without these records, for which it can't be applied: they are as before."""
        undone = {rid: self.before[rid] for rid in rids if rid in self.fields}
        if not undone:
            return self
        return replace(
            self,
            compared=_with_deltas(self.compared, undone),
            deltas=[undone.get(d.rid, d) for d in self.deltas],
            fields={rid: fields for rid, fields in self.fields.items() if rid not in undone},
        )

    def left(self) -> list[Contested]:
        """What remains to decide, and which parts of it must be shown first."""
        now = {delta.rid: delta for delta in self.deltas}
        return [
            replace(one, parts=demanded, demanded=True) if demanded else _as_now(one, now)
            for one in self.contested
            if (demanded := self.demanded.get(one.delta.rid))
            or now.get(one.delta.rid, one.delta).standing is Standing.CONFLICT
        ]


def _as_now(contested: Contested, now: Mapping[Rid, Delta]) -> Contested:
    conflict = replace(contested.conflict, delta=now.get(contested.delta.rid, contested.delta))
    return replace(contested, conflict=conflict, parts=decided_parts(conflict))


def _with_deltas(compared: Compared, changed: Mapping[Rid, Delta]) -> Compared:
    deltas = [changed.get(delta.rid, delta) for delta in compared.out.deltas]
    return replace(compared, out=replace(compared.out, deltas=deltas))


class Deciding:
    """Decides about the conflicts in scope, and about all that must be decided with them."""

    def __init__(self, compared: Compared, values: RecordValues, shown: ShownParts, spool: Spool) -> None:
        self._compared, self._values, self._shown, self._spool = compared, values, shown, spool

    def decided(
        self, deltas: Sequence[Delta], contested: Sequence[Contested], decision: ConflictDecision
    ) -> Decided:
        """The comparison after the decision about these deltas, of which these are contested."""
        between = records_with_markers(self._compared, deltas, self._values)
        conflicts = {one.delta.rid: one.conflict for one in contested}
        marked = {one.delta.rid: one.conflict for one in between}
        resolver = ConflictResolver(self._shown, self._spool, conflicts, marked, self._command)
        rulings = [resolver.ruling(delta, decision) for delta in deltas]
        refused = [refusal for ruling in rulings for refusal in ruling.refused]
        if decision.fields and not refused and all(ruling.fields is None for ruling in rulings):
            refused = self._not_in_conflict(contested, decision.fields)
        found = Decided(
            self._compared,
            [ruling.delta for ruling in rulings],
            {ruling.delta.rid: ruling.fields for ruling in rulings if ruling.fields is not None},
            refused,
            {ruling.delta.rid: ruling.demanded for ruling in rulings if ruling.demanded},
            [*contested, *(one for one in between if one.delta.rid not in conflicts)],
            {delta.rid: delta for delta in self._compared.out.deltas},
        )
        found = self._without_unseen(self._without_entered(self._without_waiting(found)))
        return self._with_dependents(found)

    def _without_waiting(self, found: Decided) -> Decided:
        """Without what needs an ancestor made again that is not decided."""
        now = {d.rid: d for d in found.deltas}
        deltas = [now.get(d.rid, d) for d in self._compared.out.deltas]
        waiting = needing_undecided(deltas, found.fields.keys(), found.demanded.keys())
        refused = [
            Refusal(
                found.before[rid], "conflict", _ABOVE_IS_OUTDATED, self._resolves_whole(found.before[above])
            )
            for rid, above in waiting.items()
            if above not in found.demanded  # that one is refused by itself
        ]
        return replace(found.without(waiting.keys()), refused=[*found.refused, *refused])

    def _without_entered(self, found: Decided) -> Decided:
        """Without deletions to below which an undecided record moves: they would be contested again."""
        now, out = {d.rid: d for d in found.deltas}, self._compared.out
        deltas = [now.get(d.rid, d) for d in out.deltas]
        entered = entered_by_undecided(deltas, out.contests, found.fields.keys())
        refused = [self._entered(found.before[rid], out.paths[by]) for rid, by in sorted(entered.items())]
        return replace(found.without(entered.keys()), refused=[*found.refused, *refused])

    def _entered(self, delta: Delta, by: str) -> Refusal:
        path = self._compared.sides.files.prefix + by
        message = f"{path} moved to a place below it, and that is a conflict, too"
        hint = f"resolve that first: {resolve_command(path)}; then run this again"
        return Refusal(delta, "conflict", message, hint)

    def _without_unseen(self, found: Decided) -> Decided:
        """Without deletions that are one decision with a record that was not shown."""
        # P8: deleted against changed is one decision with everything below it: made whole, or not at all.
        contests = self._compared.out.contests
        unseen = {contests[rid].top for rid in found.demanded if rid in contests}
        return found.without({rid for rid in found.fields if rid in contests and contests[rid].top in unseen})

    def _not_in_conflict(self, contested: Sequence[Contested], fields: Sequence[str]) -> list[Refusal]:
        """Refuse a decision about `fields` that are in conflict nowhere, for each record that is."""
        why = f"not in conflict here: {', '.join(fields)}"
        return [Refusal(one.delta, "conflict", why, self._resolves(one)) for one in contested]

    def _resolves(self, one: Contested) -> str:
        if any(part.kind is PartKind.RECORD for part in one.conflict.parts):
            return "it is in conflict as a whole: run this again without --field"
        return f"decide about what is: {self._command(one.delta, one.conflict.parts)}"

    def _command(self, delta: Delta, parts: Sequence[Part] = ()) -> str:
        path = self._compared.sides.files.prefix + self._compared.out.paths[delta.rid]
        return resolve_command(path, fields=[part.field for part in parts])

    def _resolves_whole(self, above: Delta) -> str:
        path = whole_path(above.kind, self._compared.out.paths[above.rid])
        shown = self._compared.sides.files.prefix + path
        return f"resolve the whole: {resolve_command(shown)}"

    def _with_dependents(self, found: Decided) -> Decided:
        """With the records that must be decided together with the decided ones, in scope or not."""
        now, fields = {d.rid: d for d in found.deltas}, dict(found.fields)
        before = [now.get(d.rid, d) for d in self._compared.out.deltas]
        together = with_dependents(before, fields.keys())
        fields |= {taken.delta.rid: taken.fields for taken in together}
        now |= {taken.delta.rid: taken.delta for taken in together}
        for leaving in [*giving_way([now.get(d.rid, d) for d in before], fields)]:
            fields[leaving.delta.rid], now[leaving.delta.rid] = leaving.fields, leaving.delta
        histories = self._compared.resolver.histories
        now |= {rid: made_again(now[rid], histories.get(rid)) for rid in fields}
        compared = _with_deltas(self._compared, now)
        deltas = [delta for delta in compared.out.deltas if delta.rid in now]
        return replace(found, compared=compared, deltas=deltas, fields=fields)


_ABOVE_IS_OUTDATED = "what is above it was deleted too, and its file there is older than what was deleted"
