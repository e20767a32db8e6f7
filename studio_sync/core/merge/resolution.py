"""Resolving a conflict: a decision takes one side's version of its parts, and the rest merges."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from studio_sync.core.merge.field import resolve_value
from studio_sync.core.merge.json_diff import NO_VALUE, JsonSide
from studio_sync.core.merge.markers import marker_pieces, text_with_markers
from studio_sync.core.merge.parts import Part, PartKind, RecordConflict, hunk
from studio_sync.core.merge.three_way import Clash, Piece, Winner, resolved
from studio_sync.core.plan.reconcile import Standing, judged
from studio_sync.core.values.kind import Field, FieldPlace, Type
from studio_sync.core.values.record import canonical_value
from studio_sync.core.values.value import Value, digest


@dataclass(frozen=True, slots=True)
class Resolution:
    """The standing of each resolved field after a decision, and the values of those that merged."""

    standings: Mapping[str, Standing]
    merged: Mapping[str, Value]


WINS = {Winner.FILES: Standing.AHEAD, Winner.DATABASE: Standing.BEHIND}
"""The standing of a field that a decision takes whole from one side."""


def chosen(conflict: RecordConflict, names: Collection[str], *, whole: bool = False) -> tuple[Part, ...]:
    """The parts of a conflict that a decision about the fields `names` covers; without names, all.

    A place is named by one of its fields, or as a place.
    """
    found = conflict.whole_parts if whole else conflict.parts
    return tuple(part for part in found if not names or not set(names).isdisjoint(_names(part)))


def _names(part: Part) -> tuple[str, ...]:
    return (*part.fields, part.kind.value) if part.kind is PartKind.PLACE else part.fields


def resolve_parts(conflict: RecordConflict, parts: Collection[Part], winner: Winner) -> Resolution:
    """Resolve these parts with the winner's version; `parts` holds all parts of the fields concerned.

    An indivisible part (a place, a crossing, a whole value) is taken from the winner. In other fields only
    the conflicting places are the winner's, and the rest merges, as with git's -X ours.
    """
    standings: dict[str, Standing] = {}
    merged: dict[str, Value] = {}
    differing = conflict.delta.fields
    for part in parts:
        for name in part.fields:
            if name not in differing or name in standings:
                continue
            if part.kind in _ONE or (part.path == name and part.kind is PartKind.VALUE):
                standings[name] = WINS[winner]
                continue
            base, local, remote = conflict.sides(name)
            value = resolve_value(conflict.delta.kind.field(name), base, local, remote, winner)
            standings[name] = _standing(value, local, remote)
            if standings[name] is Standing.DIVERGED and value is not NO_VALUE:
                merged[name] = value
    return Resolution(standings, merged)


_ONE = frozenset((PartKind.PLACE, PartKind.CONTENT, PartKind.RECORD))


def with_markers(conflict: RecordConflict, parts: Collection[Part]) -> Resolution:
    """Resolve hunks by writing both versions into the text, between conflict markers.

    It covers only hunks of bodies; no other field is resolved.
    """
    standings: dict[str, Standing] = {}
    merged: dict[str, Value] = {}
    for part in parts:
        if not takes_markers(conflict, part):
            continue
        (name,) = part.fields
        base, local, remote = (_text(side) for side in conflict.sides(name))
        standings[name] = Standing.DIVERGED
        merged[name] = text_with_markers(base, local or "", remote or "")
    return Resolution(standings, merged)


def takes_markers(conflict: RecordConflict, part: Part) -> bool:
    """Whether both versions of a part can be written into the file with conflict markers."""
    if part.kind not in (PartKind.HUNK, PartKind.VALUE):
        return False
    field = conflict.delta.kind.field(part.fields[0])
    return field.type is Type.TEXT and field.place is FieldPlace.BODY


def decided_parts(conflict: RecordConflict) -> tuple[Part, ...]:
    """All parts that a decision about this record settles: in conflict, and between markers in its body."""
    both_there = conflict.local is not None and conflict.remote is not None
    return (*conflict.parts, *(marked_parts(conflict) if both_there else ()))


def marked_parts(conflict: RecordConflict) -> tuple[Part, ...]:
    """The parts that are between markers in the file's body after a decision for both sides."""
    body = conflict.delta.kind.body
    pieces = _marked_pieces(conflict, body)
    return tuple(hunk(body.name, body.name, piece) for piece in pieces if isinstance(piece, Clash) and body)


def without_markers(conflict: RecordConflict, winner: Winner) -> Resolution:
    """Resolve each marked place in the file with the version that the winner has between the markers."""
    body = conflict.delta.kind.body
    pieces = _marked_pieces(conflict, body)
    if body is None or not pieces:
        return Resolution({}, {})
    _, local, remote = conflict.sides(body.name)
    value = canonical_value(body, resolved(pieces, winner))
    standing = _standing(value, local, remote)
    return Resolution({body.name: standing}, {body.name: value} if standing is Standing.DIVERGED else {})


def unmarked_too(conflict: RecordConflict, resolution: Resolution, winner: Winner) -> Resolution:
    """The resolution, with each marked place in its body replaced by the winner's version."""
    body = conflict.delta.kind.body
    if body is None or not marked_parts(conflict):
        return resolution
    base, local, remote = conflict.sides(body.name)
    if body.name in resolution.merged:
        value: JsonSide = resolution.merged[body.name]
    elif resolution.standings.get(body.name) is Standing.BEHIND:
        value = remote
    elif body.name in resolution.standings:
        value = local
    else:
        value = resolve_value(body, base, local, remote, winner)
    pieces = marker_pieces(_text(value) or "")
    if not any(isinstance(piece, Clash) for piece in pieces or ()):
        return resolution
    value = canonical_value(body, resolved(pieces or (), winner))
    standing = _standing(value, local, remote)
    merged = {name: found for name, found in resolution.merged.items() if name != body.name}
    if standing is Standing.DIVERGED:
        merged[body.name] = value
    return Resolution({**resolution.standings, body.name: standing}, merged)


def _marked_pieces(conflict: RecordConflict, body: Field | None) -> tuple[Piece, ...]:
    text = _text(conflict.sides(body.name)[1]) if body else None
    return marker_pieces(text) or () if text else ()


def _text(side: JsonSide) -> str | None:
    return side if isinstance(side, str) else None


def _standing(value: JsonSide, local: JsonSide, remote: JsonSide) -> Standing:
    return judged(*(None if side is NO_VALUE else digest(side) for side in (value, local, remote)))
