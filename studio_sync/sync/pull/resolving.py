"""Resolving conflicts: which ones may be resolved now, and the deltas after the decision."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

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
from studio_sync.core.plan.reconcile import Action, Delta, Standing, gravest
from studio_sync.core.values.record import Rid
from studio_sync.core.values.value import json_bytes
from studio_sync.sync.compare.conflicts.shown import ShownParts
from studio_sync.sync.compare.conflicts.version_token import version_token
from studio_sync.sync.options import ConflictDecision, KeptSide
from studio_sync.sync.read.spool import Spool


@dataclass(slots=True)
class Resolved:
    """The result of a decision: the resolved fields by record; no fields means the whole record.

    `refused` could not be resolved. `demanded` are the parts, by record, that must be shown first.
    """

    fields: dict[Rid, frozenset[str]] = field(default_factory=dict)
    refused: list[Refusal] = field(default_factory=list)
    demanded: dict[Rid, tuple[Part, ...]] = field(default_factory=dict)


class ConflictResolver:
    """Applies a decision to conflicts: afterwards they are to push, to pull, or merged."""

    def __init__(
        self,
        shown: ShownParts,
        spool: Spool,
        conflicts: Mapping[Rid, RecordConflict],
        marked: Mapping[Rid, RecordConflict],
    ) -> None:
        """`marked` are records whose files contain both versions between markers."""
        self._shown, self._spool, self._conflicts, self._marked = shown, spool, conflicts, marked

    def resolve(self, deltas: Sequence[Delta], decision: ConflictDecision) -> tuple[list[Delta], Resolved]:
        """The deltas after the decision, and what it resolved."""
        resolved = Resolved()
        return [self._decided(delta, decision, resolved) for delta in deltas], resolved

    def _decided(self, delta: Delta, decision: ConflictDecision, resolved: Resolved) -> Delta:
        if decision.seen:
            return self._merged_by_hand(delta, decision.seen, resolved)
        if delta.rid in self._conflicts:
            return self._resolve(self._conflicts[delta.rid], decision, resolved)
        if delta.rid in self._marked and decision.keep is not KeptSide.BOTH:
            return self._unmark(self._marked[delta.rid], decision, resolved)
        return delta

    def _merged_by_hand(self, delta: Delta, token: str, resolved: Resolved) -> Delta:
        """Take the whole file, which somebody merged by hand with the row's version that has this token."""
        if delta.standing not in _UNRESOLVED:
            return delta
        if version_token(delta) != token:
            resolved.refused.append(Refusal(delta, "seen-changed", *_MOVED_ON))
            return delta
        if not delta.fields:
            return self._record(delta, Winner.FILES, resolved)
        return self._after(delta, Resolution(dict.fromkeys(delta.fields, Standing.AHEAD), {}), resolved)

    def _unmark(self, conflict: RecordConflict, decision: ConflictDecision, resolved: Resolved) -> Delta:
        """Take one side of each place that an earlier decision put between markers."""
        parts = [
            part
            for part in marked_parts(conflict)
            if not decision.fields or part.fields[0] in decision.fields
        ]
        if not parts or not self._may(conflict.delta, tuple(parts), resolved):
            return conflict.delta
        return self._after(conflict.delta, without_markers(conflict, Winner(decision.keep)), resolved)

    def _may(self, delta: Delta, parts: tuple[Part, ...], resolved: Resolved) -> bool:
        """Whether these parts were shown; if not, demand them."""
        if self._shown.covers(delta.rid, parts):
            return True
        resolved.refused.append(Refusal(delta, "not-shown", *_NOT_SHOWN))
        resolved.demanded[delta.rid] = parts
        return False

    def _resolve(self, conflict: RecordConflict, decision: ConflictDecision, resolved: Resolved) -> Delta:
        delta = conflict.delta
        parts = chosen(conflict, decision.fields, whole=decision.whole)
        if decision.keep is KeptSide.BOTH:
            parts = self._for_markers(conflict, parts, resolved)
        elif decision.fields and any(part.kind is PartKind.RECORD for part in parts):
            resolved.refused.append(Refusal(delta, "conflict", *_DELETED))
            return delta
        if not parts:
            return delta
        unmarks = self._unmarks(conflict, decision)
        if not self._may(delta, (*parts, *(marked_parts(conflict) if unmarks else ())), resolved):
            return delta
        if not delta.fields:
            return self._record(delta, Winner(decision.keep), resolved)
        if decision.keep is KeptSide.BOTH:
            resolution = with_markers(conflict, parts)
        else:
            resolution = resolve_parts(conflict, parts, Winner(decision.keep))
            if unmarks:
                resolution = unmarked_too(conflict, resolution, Winner(decision.keep))
        after = self._after(delta, resolution, resolved)
        if decision.keep is not KeptSide.BOTH and not decision.fields:
            # The rest of the record merges: changes by the database alone are applied, as in a pull.
            resolved.fields[delta.rid] |= {n for n, s in after.fields.items() if s in _COMES}
        return after

    @staticmethod
    def _unmarks(conflict: RecordConflict, decision: ConflictDecision) -> bool:
        """Whether a decision also covers the places that an earlier one put between markers."""
        body = conflict.delta.kind.body
        both_there = conflict.delta.local is not None and conflict.delta.remote is not None
        about = not decision.fields or (body is not None and body.name in decision.fields)
        return both_there and about and decision.keep is not KeptSide.BOTH

    def _after(self, delta: Delta, resolution: Resolution, resolved: Resolved) -> Delta:
        """The delta after the resolution; merged values are put into the spool for the pull."""
        resolved.fields[delta.rid] = frozenset(resolution.standings)
        if resolution.merged:
            name = f"merge:{delta.rid}"
            known = self._spool.get(name) if name in self._spool else {}
            self._spool.put(name, json_bytes({**known, **resolution.merged}))
        fields = {**delta.fields, **{n: s for n, s in resolution.standings.items() if n in delta.fields}}
        crossing = () if set(delta.crossing) & resolution.standings.keys() else delta.crossing
        return replace(delta, fields=fields, standing=gravest(fields), crossing=crossing)

    @staticmethod
    def _record(delta: Delta, winner: Winner, resolved: Resolved) -> Delta:
        """The delta of a record that one side deleted and the other changed, after the decision."""
        resolved.fields[delta.rid] = frozenset()
        there = delta.local if winner is Winner.FILES else delta.remote
        action = Action.CREATE if there is not None else Action.DELETE
        return replace(delta, standing=WINS[winner], action=action)

    @staticmethod
    def _for_markers(conflict: RecordConflict, parts: Sequence[Part], resolved: Resolved) -> tuple[Part, ...]:
        """The parts that can be written with markers; the others are refused."""
        others = [part for part in parts if not takes_markers(conflict, part)]
        if others:
            (kind, names) = (others[0].kind, dict.fromkeys(n for part in others for n in part.fields))
            if kind is PartKind.RECORD:
                why = _DELETED
            elif any(part.kind is PartKind.CONTENT for part in others):
                why = _CROSSING
            else:
                why = (
                    f"only a text can have both versions, not {', '.join(names)}",
                    "resolve them with --field NAME --keep files, or --keep database",
                )
            resolved.refused.append(Refusal(conflict.delta, "conflict", *why))
        return tuple(part for part in parts if takes_markers(conflict, part))


_COMES = (Standing.BEHIND, Standing.DIVERGED)
_UNRESOLVED = (Standing.BEHIND, Standing.DIVERGED, Standing.CONFLICT)
_MOVED_ON = (
    "the database's version is no longer the one that was seen, so nothing was resolved",
    "look at it again (studio diff --json --full), merge it into the file, and give the new token",
)
_NOT_SHOWN = (
    "this conflict was not shown whole as it is now, so it was not resolved",
    "read what it is about, which is printed now, and run the command again",
)
_DELETED = (
    "one side has deleted this record, so there are no two versions of a field to keep",
    "keep it as one side has it: --keep files, or --keep database, without --field",
)
_CROSSING = (
    "one side changed the status, the other the text: a file with both would approve unread text",
    "keep the status and the content of one side: --keep files, or --keep database",
)
