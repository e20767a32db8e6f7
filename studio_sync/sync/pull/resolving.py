"""Resolving conflicts: which ones may be resolved now, and the deltas after the decision."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from studio_sync.core.merge.parts import Part, PartKind, RecordConflict
from studio_sync.core.merge.resolution import (
    WINS,
    Resolution,
    chosen,
    marked_parts,
    resolve_parts,
    takes_markers,
    unmarked_too,
    with_markers,
    without_markers,
)
from studio_sync.core.merge.three_way import Winner
from studio_sync.core.plan.plan import Refusal
from studio_sync.core.plan.reconcile import UNREAD, Action, Delta, Standing, gravest, place_names
from studio_sync.core.values.record import Rid, field_digests
from studio_sync.core.values.value import json_bytes
from studio_sync.sync.compare.conflicts.shown import ShownParts, version_token
from studio_sync.sync.options import ConflictDecision, KeptSide
from studio_sync.sync.read.spool import Spool


@dataclass(frozen=True, slots=True)
class Ruling:
    """What a decision means for one record: its delta after it.

    `fields` are resolved, no fields: the whole record, None: nothing. `refused` could not be resolved.
    `demanded` are the parts that must be shown first.
    """

    delta: Delta
    fields: frozenset[str] | None = None
    refused: tuple[Refusal, ...] = ()
    demanded: tuple[Part, ...] = ()


class ConflictResolver:
    """Applies a decision to conflicts: afterwards they are to push, to pull, or merged."""

    def __init__(
        self,
        shown: ShownParts,
        spool: Spool,
        conflicts: Mapping[Rid, RecordConflict],
        marked: Mapping[Rid, RecordConflict],
        command: Callable[[Delta, Sequence[Part]], str],
    ) -> None:
        """`marked` are records whose files contain both versions between markers.

        `command` is the one that decides about these parts of a record, or about all of it.
        """
        self._shown, self._spool, self._conflicts, self._marked = shown, spool, conflicts, marked
        self._command = command

    def ruling(self, delta: Delta, decision: ConflictDecision) -> Ruling:
        """The record after the decision, and what that resolved of it."""
        if decision.seen:
            return self._merged_by_hand(delta, decision.seen)
        if delta.rid in self._conflicts:
            return self._resolve(self._conflicts[delta.rid], decision)
        if delta.rid in self._marked and decision.keep is not KeptSide.BOTH:
            return self._unmark(self._marked[delta.rid], decision)
        return Ruling(delta)

    def _merged_by_hand(self, delta: Delta, token: str) -> Ruling:
        """Take the whole file, which somebody merged by hand with the row's version that has this token."""
        if delta.standing not in UNREAD:
            return Ruling(delta)
        if version_token(delta) != token:
            return Ruling(delta, refused=(Refusal(delta, "seen-changed", *_MOVED_ON),))
        if not delta.fields:
            return self._record(delta, Winner.FILES)
        # A file doesn't say where it belongs: no text showed where the database moved the record, and no hand
        # merged it. So a move by the database alone comes as in a pull.
        moved = _moved(delta)
        taken = dict.fromkeys((name for name in delta.fields if name not in moved), Standing.AHEAD)
        after = self._after(delta, Resolution(taken, {}))
        return replace(after, fields=frozenset({*taken, *moved}))

    def _unmark(self, conflict: RecordConflict, decision: ConflictDecision) -> Ruling:
        """Take one side of each place that an earlier decision put between markers."""
        asked = decision.fields
        parts = tuple(part for part in marked_parts(conflict) if not asked or part.fields[0] in asked)
        if not parts:
            return Ruling(conflict.delta)
        if not self._shown.covers(conflict.delta.rid, parts):
            return _to_be_shown(conflict.delta, parts)
        return self._after(conflict.delta, without_markers(conflict, Winner(decision.keep)))

    def _resolve(self, conflict: RecordConflict, decision: ConflictDecision) -> Ruling:
        delta, winner = conflict.delta, decision.keep
        parts = chosen(conflict, decision.fields, whole=decision.whole)
        refused: tuple[Refusal, ...] = ()
        if winner is KeptSide.BOTH:
            refused = self._without_markers(delta, [p for p in parts if not takes_markers(conflict, p)])
            parts = tuple(part for part in parts if takes_markers(conflict, part))
        elif decision.fields and any(part.kind is PartKind.RECORD for part in parts):
            return Ruling(delta, refused=(self._one_side(delta, _DELETED, ()),))
        marked = marked_parts(conflict) if self._unmarks(conflict, decision) else ()
        to_see = (*parts, *marked)
        if not to_see:
            return Ruling(delta, refused=refused)
        if not self._shown.covers(delta.rid, to_see):
            return _to_be_shown(delta, to_see, refused)
        if not delta.fields:
            return self._record(delta, Winner(winner))
        if winner is KeptSide.BOTH:
            return replace(self._after(delta, with_markers(conflict, parts)), refused=refused)
        resolution = resolve_parts(conflict, parts, Winner(winner))
        if marked:
            resolution = unmarked_too(conflict, resolution, Winner(winner))
        after = self._after(delta, resolution)
        if decision.fields or after.fields is None:
            return after
        # The rest of the record merges: changes by the database alone are applied, as in a pull.
        coming = {name for name, standing in after.delta.fields.items() if standing in _COMES}
        return replace(after, fields=after.fields | coming)

    @staticmethod
    def _unmarks(conflict: RecordConflict, decision: ConflictDecision) -> bool:
        """Whether a decision also covers the places that an earlier one put between markers."""
        body = conflict.delta.kind.body
        both_there = conflict.delta.local is not None and conflict.delta.remote is not None
        about = not decision.fields or (body is not None and body.name in decision.fields)
        return both_there and about and decision.keep is not KeptSide.BOTH

    def _after(self, delta: Delta, resolution: Resolution) -> Ruling:
        """The delta after the resolution; merged values are put into the spool for the pull."""
        if resolution.merged:
            name = f"merge:{delta.rid}"
            known = self._spool.get(name) if name in self._spool else {}
            self._spool.put(name, json_bytes({**known, **resolution.merged}))
        fields = {**delta.fields, **{n: s for n, s in resolution.standings.items() if n in delta.fields}}
        crossing = () if set(delta.crossing) & resolution.standings.keys() else delta.crossing
        after = replace(delta, fields=fields, standing=gravest(fields), crossing=crossing)
        return Ruling(after, frozenset(resolution.standings))

    def _without_markers(self, delta: Delta, parts: Sequence[Part]) -> tuple[Refusal, ...]:
        """The refusal of parts that can't be written with both versions between markers."""
        if not parts:
            return ()
        if parts[0].kind is PartKind.RECORD:
            return (self._one_side(delta, _DELETED, ()),)
        if any(part.kind is PartKind.CONTENT for part in parts):
            return (self._one_side(delta, _CROSSING, ()),)
        names = ", ".join(dict.fromkeys(name for part in parts for name in part.fields))
        return (self._one_side(delta, f"only a text can have both versions, not {names}", parts),)

    def _one_side(self, delta: Delta, why: str, parts: Sequence[Part]) -> Refusal:
        """The refusal of a decision about something that only one of the sides can be."""
        return Refusal(delta, "conflict", why, f"keep it as one side has it: {self._command(delta, parts)}")

    @staticmethod
    def _record(delta: Delta, winner: Winner) -> Ruling:
        """The delta of a record that one side deleted and the other changed, after the decision."""
        there = delta.local if winner is Winner.FILES else delta.remote
        action = Action.CREATE if there is not None else Action.DELETE
        return Ruling(replace(delta, standing=WINS[winner], action=action), frozenset())


def _moved(delta: Delta) -> tuple[str, ...]:
    """What differs in parent, slot and order, if the database alone moved the record; or else nothing."""
    names = place_names(delta.kind, field_digests(delta.kind, delta.local))
    differing = [name for name in names if name in delta.fields]
    order = delta.kind.order.name if delta.kind.order else ""
    by_database = all(delta.fields[name] is Standing.BEHIND for name in differing)
    return tuple(differing) if by_database and set(differing) - {order} else ()


def _to_be_shown(delta: Delta, parts: tuple[Part, ...], refused: tuple[Refusal, ...] = ()) -> Ruling:
    return Ruling(delta, refused=(*refused, Refusal(delta, "not-shown", *_NOT_SHOWN)), demanded=parts)


_COMES = (Standing.BEHIND, Standing.DIVERGED)
_MOVED_ON = (
    "the database's version is no longer the one that was seen, so nothing was resolved",
    "look at it again (studio diff --json --full), merge it into the file, and give the new token",
)
_NOT_SHOWN = (
    "this conflict was not shown whole as it is now, so it was not resolved",
    "read what it is about, which is printed now, and run the command again",
)
_DELETED = "one side has deleted this record, so there are no two versions of a field to keep"
_CROSSING = "one side changed the status, the other the text: a file with both would approve unread text"
