"""The differences between a folder's files and rows, part by part, for a page."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from studio_sync.core.merge.json_diff import NO_VALUE, JsonSide, NoValue
from studio_sync.core.merge.parts import Part
from studio_sync.core.merge.resolution import takes_markers
from studio_sync.core.merge.text_diff import line_diff
from studio_sync.core.plan.reconcile import Delta, Standing
from studio_sync.render.conflicts.authorship import who
from studio_sync.render.differences.delta import delta_changes
from studio_sync.render.differences.record_diff import FieldChange
from studio_sync.render.differences.text_rows import marked_pieces as pieces
from studio_sync.render.medium.phrasing import standing_words
from studio_sync.sync.compare.conflicts.contested import Contested
from studio_sync.sync.outcome import Outcome

_LOOKS = {"-": "gone", "+": "come", " ": "same"}


def differences(found: Outcome, prefix: str) -> Iterator[Mapping[str, Any]]:
    """The differing records with their changes; conflict parts are complete."""
    contested = {c.delta.rid: c for c in found.contested}
    for delta in found.deltas:
        conflict = contested.get(delta.rid)
        path = found.comparison.paths[delta.rid]
        yield {
            "path": prefix + path,
            "inner": path,
            "words": standing_words(delta, found.comparison.contested_where(delta)),
            "changes": [
                _change(change, delta)
                for change in delta_changes(found, delta)
                if conflict is None or delta.fields.get(change.name) is not Standing.CONFLICT
            ],
            "changed": who("changed", conflict.author) if conflict and conflict.author else "",
            "conflicts": list(_decisions(conflict)) if conflict else [],
        }


def _change(change: FieldChange, delta: Delta) -> Mapping[str, Any]:
    incoming = delta.fields.get(change.name, delta.standing) is Standing.BEHIND
    words = ("Files", "Database") if incoming else ("Database", "Files")
    before, after = (None if isinstance(s, NoValue) else s for s in (change.before, change.after))
    texts = isinstance(before, str | None) and isinstance(after, str | None)
    return {
        "name": change.name.replace("_", " ").capitalize(),
        "standing": change.standing,
        "lines": list(_lines(str(before or ""), str(after or ""))) if texts else [],
        "before_word": words[0],
        "after_word": words[1],
        "before": before,
        "after": after,
    }


def _lines(before: str, after: str) -> Iterator[Mapping[str, Any]]:
    """The changed lines, with their changed words marked."""
    for hunk in line_diff(before, after, 1):
        for line in hunk.lines:
            yield {
                "sign": line.kind,
                "look": _LOOKS[line.kind],
                "pieces": list(pieces(line.text, line.spans)),
            }


def _decisions(contested: Contested) -> Iterator[Mapping[str, Any]]:
    """The units of a decision: the parts of one field, or of the whole record if they are joined."""
    parts = contested.parts
    together = any(len(part.fields) != 1 for part in parts)
    names = ("",) if together else tuple(dict.fromkeys(part.fields[0] for part in parts))
    for name in names:
        own = [part for part in parts if together or part.fields[0] == name]
        yield {
            "name": name or "all of this record",
            "field": name,
            "both": all(takes_markers(contested.conflict, part) for part in own),
            "parts": [_part(part) for part in own],
        }


def _part(part: Part) -> Mapping[str, Any]:
    sides: Sequence[tuple[str, JsonSide]] = (
        ("Before, on both sides", part.base if part.known else NO_VALUE),
        ("Files", part.local),
        ("Database", part.remote),
    )
    return {
        "name": part.path or ", ".join(part.fields),
        "sides": [(word, None if isinstance(side, NoValue) else side) for word, side in sides],
    }
