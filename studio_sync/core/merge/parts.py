"""Conflict parts: the units of a decision, each with the values of base, files and database.

Only this module splits conflicts; printing, deciding and dropping all use its parts.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from hashlib import blake2b

from studio_sync.core.merge.field import merge_value
from studio_sync.core.merge.json_diff import NO_VALUE, JsonSide
from studio_sync.core.merge.json_values import Dispute
from studio_sync.core.merge.three_way import Chunk, Clash, merge_text, two_way_pieces
from studio_sync.core.plan.reconcile import Delta, Standing, place_names
from studio_sync.core.values.kind import STATUS, Field, Type
from studio_sync.core.values.record import field_digests
from studio_sync.core.values.value import Value, digest


class PartKind(StrEnum):
    """The kind of thing that a part decides."""

    HUNK = "hunk"
    """Lines of a text."""
    VALUE = "value"
    """A value: a whole field, a key of an object, an item of a list with ids."""
    ORDER = "order"
    """The order of a list's items, by their ids."""
    PLACE = "place"
    """A record's place: its parent, its slug or number, its order."""
    CONTENT = "content"
    """A step in status with all content that differs: approved are one side's words, or none."""
    RECORD = "record"
    """A record that one side deleted and the other side changed."""


@dataclass(frozen=True, slots=True)
class Lines:
    """The line range of a hunk on one side: the first line, from 1, and the count."""

    start: int
    count: int


@dataclass(frozen=True, slots=True)
class Record:
    """A whole record on one side, by name: its place, and the canonical values of its fields.

    A missing name is a field that the side omits; in a base, a field without a known version. The parent is
    given by the name that people use.
    """

    place: Mapping[str, Value]
    values: Mapping[str, Value]


@dataclass(frozen=True)
class Part:
    """One unit of decision: the `fields` that it decides, wholly or in part, and the `path` inside them.

    A side is NO_VALUE where it has nothing; the base also where there is no known version, then `known` is
    false. The value of a hunk is its lines; that of a place, a crossing or a record is an object by field.
    `lines` is set for hunks: the ranges in base, files and database.
    """

    kind: PartKind
    fields: tuple[str, ...]
    path: str
    base: JsonSide
    local: JsonSide
    remote: JsonSide
    known: bool = True
    lines: tuple[Lines, Lines, Lines] | None = None

    @cached_property
    def id(self) -> str:
        """A digest of the part's subject and its three values: it changes when the part changes."""
        hashed = blake2b(f"{self.kind}\0{self.path}\0{self.known}".encode(), digest_size=16)
        for side in (self.base, self.local, self.remote):
            hashed.update(b"-" if side is NO_VALUE else digest(side))
        return hashed.hexdigest()

    @property
    def field(self) -> str:
        """The one of its fields by which a decision names it: for a place the slug or number."""
        return self.fields[-1] if self.kind is PartKind.PLACE else self.fields[0]


@dataclass(frozen=True)
class RecordConflict:
    """A record in conflict, with its three versions; None for a side without the record."""

    delta: Delta
    base: Record | None
    local: Record | None
    remote: Record | None

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """The parts to decide, in the order of the record's fields."""
        return parts_of(self)

    @cached_property
    def whole_parts(self) -> tuple[Part, ...]:
        """The parts of all that differs, for a decision that takes one side of the record whole."""
        return parts_of(self, whole=True)

    def sides(self, name: str) -> tuple[JsonSide, JsonSide, JsonSide]:
        """The values of a field on base, files and database."""
        base, local, remote = (
            record.values.get(name, NO_VALUE) if record else NO_VALUE
            for record in (self.base, self.local, self.remote)
        )
        return base, local, remote


def parts_of(conflict: RecordConflict, *, whole: bool = False) -> tuple[Part, ...]:
    """The parts of a conflict; with `whole` all that differs, each field as one part.

    Laws: every conflicting field is in some part; the parts of a decision contain everything that it drops;
    no two parts decide the same lines, key or item; without a conflict there are none.
    """
    delta = conflict.delta
    if not delta.fields:
        return (_record(conflict),) if delta.standing is Standing.CONFLICT else ()
    names = tuple(delta.fields) if whole else delta.having(Standing.CONFLICT)
    place = place_names(delta.kind, field_digests(delta.kind, delta.local))
    found: list[Part] = []
    if any(name in names for name in place):
        found.append(_place(conflict, tuple(name for name in names if name in place)))
    if delta.crossing:
        found.append(_content(conflict))
    for field in delta.kind.fields:
        if field.name in names and field.name not in (*delta.crossing, *place):
            found += [_value(conflict, field)] if whole else _field(conflict, field)
    return tuple(found)


def _record(conflict: RecordConflict) -> Part:
    base, local, remote = (
        NO_VALUE if record is None else {**record.place, **record.values}
        for record in (conflict.base, conflict.local, conflict.remote)
    )
    names = tuple(field.name for field in conflict.delta.kind.fields)
    return Part(PartKind.RECORD, names, "", base, local, remote, known=conflict.base is not None)


def _place(conflict: RecordConflict, names: tuple[str, ...]) -> Part:
    """The place as one part, so that no decision combines one side's number with the other side's parent."""
    order = conflict.delta.kind.order
    with_order = order is not None and order.name in names

    def side(record: Record | None) -> JsonSide:
        if record is None or not record.place:
            return NO_VALUE
        known = order is not None and with_order and order.name in record.values
        return {**record.place, **({order.name: record.values[order.name]} if order and known else {})}

    base = side(conflict.base)
    return Part(
        PartKind.PLACE, names, "place", base, side(conflict.local), side(conflict.remote),
        known=base is not NO_VALUE,
    )  # fmt: skip


def _content(conflict: RecordConflict) -> Part:
    """The status and all content that differs, as one part."""
    names = conflict.delta.crossing

    def side(record: Record | None) -> JsonSide:
        found = {name: record.values[name] for name in names if name in record.values} if record else {}
        return found or NO_VALUE

    base = side(conflict.base)
    return Part(
        PartKind.CONTENT, names, STATUS, base, side(conflict.local), side(conflict.remote),
        known=base is not NO_VALUE,
    )  # fmt: skip


def _value(conflict: RecordConflict, field: Field) -> Part:
    base, local, remote = conflict.sides(field.name)
    return Part(
        PartKind.VALUE, (field.name,), field.name, base, local, remote, known=base is not NO_VALUE
    )  # fmt: skip


def _field(conflict: RecordConflict, field: Field) -> Iterator[Part]:
    """The parts of one field: hunks, keys and items; or the whole value if it doesn't split."""
    base, local, remote = conflict.sides(field.name)
    found = merge_value(field, base, local, remote).conflicts
    if not found:  # the sides differ by more than these values: all or nothing
        yield _value(conflict, field)
        return
    known = base is not NO_VALUE
    for one in found:
        if isinstance(one, Clash):
            yield hunk(field.name, field.name, one)
        else:
            yield from _dispute(field, one, known=known)


def _dispute(field: Field, found: Dispute, *, known: bool) -> Iterator[Part]:
    dot = "." if found.path and not found.path.startswith("[") else ""
    path = f"{field.name}{dot}{found.path}"
    base, local, remote = found.base, found.local, found.remote
    if found.order:
        yield Part(PartKind.ORDER, (field.name,), path, base, local, remote)
    elif isinstance(local, str) and isinstance(remote, str) and isinstance(base, str) and _long(found):
        for piece in merge_text(base, local, remote):
            if isinstance(piece, Clash):
                yield hunk(field.name, path, piece)
    elif isinstance(local, str) and isinstance(remote, str) and not known and field.type is Type.TEXT:
        for piece in two_way_pieces(local, remote):
            if isinstance(piece, Clash):
                yield hunk(field.name, path, piece)
    else:
        yield Part(PartKind.VALUE, (field.name,), path, base, local, remote, known=known)


def _long(found: Dispute) -> bool:
    return any(isinstance(side, str) and "\n" in side for side in (found.base, found.local, found.remote))


def hunk(name: str, path: str, found: Clash) -> Part:
    """The part for a clash in a text: in the field `name`, at `path` inside it."""
    sides = (found.base, found.local, found.remote)
    base, local, remote = map(_text, sides)
    one, two, three = (Lines(side.start, len(side.lines)) for side in sides)
    return Part(PartKind.HUNK, (name,), path, base, local, remote, found.known, (one, two, three))


def _text(chunk: Chunk) -> JsonSide:
    return "\n".join(chunk.lines) if chunk.lines else NO_VALUE
