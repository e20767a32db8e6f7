"""The parts of a conflict: what one decision decides, each with the values of base, files and database.

One function finds them. What is printed, what a decision writes, and what it drops are readings of them.
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
    """What a part is a part of."""

    HUNK = "hunk"
    """Lines of a text."""
    VALUE = "value"
    """A value: a whole field, a key of an object, an item of a list with ids."""
    ORDER = "order"
    """The order of a list's items, by their ids."""
    PLACE = "place"
    """Where a record stands: its parent, its slug or number, its order."""
    CONTENT = "content"
    """A step in status and all content that differs: words are approved as one side has them, or not."""
    RECORD = "record"
    """A record that one side deleted and the other changed."""


@dataclass(frozen=True, slots=True)
class Lines:
    """Which lines of a text a side's hunk is: the first, from 1, and how many."""

    start: int
    count: int


@dataclass(frozen=True, slots=True)
class Record:
    """A whole record as one side has it, by name: where it stands, and its fields' canonical values.

    A name that is missing is one of which the side says nothing, in a base one that was never seen. The
    parent is named as people know it.
    """

    place: Mapping[str, Value]
    values: Mapping[str, Value]


@dataclass(frozen=True)
class Part:
    """One part. `fields` are those that it decides, wholly or in part, `path` says where in them it is.

    A side is NO_VALUE where it has nothing there; for the base also where nothing was seen, and then `known`
    is false. A hunk's value are its lines. The values of a place, of a status step with its content, and of
    a record are objects by field. `lines` are there for hunks: of base, files and database.
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
        """A digest of what the part is about and of its three values: a part that changed is another one."""
        hashed = blake2b(f"{self.kind}\0{self.path}\0{self.known}".encode(), digest_size=16)
        for side in (self.base, self.local, self.remote):
            hashed.update(b"-" if side is NO_VALUE else digest(side))
        return hashed.hexdigest()


@dataclass(frozen=True)
class RecordConflict:
    """A record in conflict, as three sides have it; None is a side that has no such record."""

    delta: Delta
    base: Record | None
    local: Record | None
    remote: Record | None

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """What is to be decided, in the order of the record's fields."""
        return parts_of(self)

    @cached_property
    def whole_parts(self) -> tuple[Part, ...]:
        """All that differs, for a decision that takes one side of the record whole."""
        return parts_of(self, whole=True)

    def sides(self, name: str) -> tuple[JsonSide, JsonSide, JsonSide]:
        """The three values of a field."""
        base, local, remote = (
            record.values.get(name, NO_VALUE) if record else NO_VALUE
            for record in (self.base, self.local, self.remote)
        )
        return base, local, remote


def parts_of(conflict: RecordConflict, *, whole: bool = False) -> tuple[Part, ...]:
    """The parts of a conflict; with `whole` all that differs, each field as one part.

    Laws: every field in conflict is in some part; what a decision drops is in the parts that it decides;
    two parts never decide the same lines, key or item; without a conflict there are none.
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
    """The place as one, so that no decision takes the number of one side and the parent of another."""
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
    """The status and all content that differs."""
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
    """The parts of one field: hunks, keys and items; or its whole value, where that is all there is."""
    base, local, remote = conflict.sides(field.name)
    found = merge_value(field, base, local, remote).conflicts
    if not found:  # the sides were told apart by more than these values: then it is all or nothing
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
    """The part that a clash in a text is: of the field `name`, at `path` in it."""
    sides = (found.base, found.local, found.remote)
    base, local, remote = map(_text, sides)
    one, two, three = (Lines(side.start, len(side.lines)) for side in sides)
    return Part(PartKind.HUNK, (name,), path, base, local, remote, found.known, (one, two, three))


def _text(chunk: Chunk) -> JsonSide:
    return "\n".join(chunk.lines) if chunk.lines else NO_VALUE
