"""Records and their versions, by digests.

A record's identity (`rid`) is its row's id for kinds whose files carry one, else its parent's identity and
its slot. Its path may change.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import TypeAlias

from studio_sync.core.values.kind import STATUS, Field, FieldPlace, Kind, Type
from studio_sync.core.values.value import ABSENT, DIGEST_SIZE, Value, canonical_text, digest

Rid: TypeAlias = str

ID = "id"
"""The key of the row's id in files of identified kinds."""

UUID_PATTERN = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
"""The pattern of an id."""

PARENT = "parent"
"""The name of the field for a record's parent."""


UNKNOWN_VALUE = b"\xff" * DIGEST_SIZE
"""The digest, in a base, of a field without a known version."""

UNKNOWN_PLACE = "\0"
"""The parent or slot, in a base, without a known version."""


class Omitted:
    """The type of OMITTED."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "OMITTED"


OMITTED = Omitted()
"""The value of a loose field that a file omits."""


def rid_of(kind: Kind, own: str, parent: Rid, slot: str) -> Rid:
    """The identity of a record: `own` (its row's id) if the kind carries it, else its place."""
    if kind.identified:
        return own
    return f"{parent}/{kind.name}/{slot}" if kind.slot else f"{parent}/{kind.name}"


@dataclass(frozen=True, slots=True)
class Version:
    """A record on one side, by digests: enough to compare, and small enough to keep thousands.

    `slot` is its name below the parent (slug, number, type; "" for a 1:1 kind). `digests` has DIGEST_SIZE
    bytes for each field of the kind, in the order of declaration.
    """

    rid: Rid
    kind: str
    parent: Rid
    slot: str
    digests: bytes

    @property
    def place(self) -> tuple[Rid, str, str]:
        """Parent, kind and slot: what no two records may have."""
        return self.parent, self.kind, self.slot


def canonical_value(field: Field, value: Value) -> Value:
    """The canonical form of a value of `field`: texts trimmed of blank lines, an empty body NULL."""
    if field.type is Type.TEXT and isinstance(value, str):
        text = canonical_text(value)
        return None if not text and field.place is FieldPlace.BODY else text
    return value


def digests(kind: Kind, values: Mapping[str, Value | Omitted]) -> bytes:
    """The digests of a record's canonical values, in the order of the kind's fields."""
    return b"".join(ABSENT if isinstance(v := values[f.name], Omitted) else digest(v) for f in kind.fields)


def values_mark(digests: bytes) -> str:
    """A short digest of all values of a record."""
    return blake2b(digests, digest_size=16).hexdigest()


def content_digest(kind: Kind, digests: bytes, size: int) -> bytes:
    """A digest, of `size` bytes, of a record's content for readers: its fields without status and order.

    Empty fields don't count, so that a kind may get further fields without changing any digest.
    """
    hashed = blake2b(digest_size=size)
    for number, field in enumerate(kind.fields):
        part = digests[number * DIGEST_SIZE : (number + 1) * DIGEST_SIZE]
        if field.loose or field.name == STATUS or part in (ABSENT, digest(None), digest(field.default)):
            continue
        hashed.update(field.name.encode() + b"\0" + part)
    return hashed.digest()


def with_order(kind: Kind, data: bytes, order: bytes) -> bytes:
    """The digests `data` with `order` for the kind's order field, if it has one."""
    return with_digests(kind, data, {kind.order.name: order}) if kind.order else data


def with_digests(kind: Kind, data: bytes, new: Mapping[str, bytes]) -> bytes:
    """The digests `data` with `new` ones for some fields, by name."""
    for name, part in new.items():
        at = kind.positions[name] * DIGEST_SIZE
        data = data[:at] + part + data[at + DIGEST_SIZE :]
    return data


def field_digests(kind: Kind, version: Version | None) -> dict[str, str | bytes]:
    """The digests of a version by field; parent and slot count as fields of identified kinds."""
    if version is None:
        return {}
    found: dict[str, str | bytes] = {}
    if kind.identified:
        found[PARENT] = version.parent
        if kind.slot:
            found[kind.slot.column] = version.slot
    data = version.digests
    for i, field in enumerate(kind.fields):
        found[field.name] = data[i * DIGEST_SIZE : (i + 1) * DIGEST_SIZE]
    return found


def known_digests(kind: Kind, base: Version | None) -> dict[str, str | bytes]:
    """The digests of a base by field, without fields that have no known version."""
    return {n: v for n, v in field_digests(kind, base).items() if v not in (UNKNOWN_VALUE, UNKNOWN_PLACE)}


def assembled(kind: Kind, rid: Rid, values: Mapping[str, str | bytes], place: Version) -> Version:
    """A version assembled from values by field; a missing field gets the mark of no known version.

    `place` gives parent and slot for kinds without these fields.
    """
    column = kind.slot_column
    parent = values.get(PARENT, UNKNOWN_PLACE) if kind.identified else place.parent
    slot = values.get(column, UNKNOWN_PLACE) if kind.identified and column else place.slot
    data = b"".join(bytes(v) if (v := values.get(f.name)) is not None else UNKNOWN_VALUE for f in kind.fields)  # type: ignore[arg-type]
    return Version(rid, kind.name, str(parent), str(slot), data)


def blend(kind: Kind, under: Version, over: Version, fields: Iterable[str]) -> Version:
    """`under` with the named fields of `over`."""
    changed = field_digests(kind, over)
    values = field_digests(kind, under) | {name: changed[name] for name in fields if name in changed}
    return assembled(kind, under.rid, values, under)
