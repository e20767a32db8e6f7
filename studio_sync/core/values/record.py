"""Records and their versions: what is compared, and what is written.

A record is known by its identity (`rid`): the row's id for the kinds that carry one in their file, else
the parent's identity and the record's place below it. Paths are where a record stands today.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import TypeAlias

from studio_sync.core.values.kind import STATUS, Field, FieldPlace, Kind, Type
from studio_sync.core.values.value import ABSENT, DIGEST_SIZE, Value, canonical_text, digest

Rid: TypeAlias = str

ID = "id"
"""The key under which the files of identified kinds carry their row's id."""

UUID_PATTERN = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
"""How an id is spelled."""

PARENT = "parent"
"""What the field is called that says below which record another one stands."""


UNSEEN = b"\xff" * DIGEST_SIZE
"""The digest, in a base, of a field of which no version was ever seen."""

UNSEEN_PLACE = "\0"
"""The parent or slot, in a base, of which none was ever seen."""


class Omitted:
    """The type of OMITTED."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "OMITTED"


OMITTED = Omitted()
"""The value of a loose field about which a file says nothing."""


def rid_of(kind: Kind, own: str, parent: Rid, slot: str) -> Rid:
    """The identity of a record: `own` (its row's id) if the kind carries it, else its place."""
    if kind.identified:
        return own
    return f"{parent}/{kind.name}/{slot}" if kind.slot else f"{parent}/{kind.name}"


@dataclass(frozen=True, slots=True)
class Version:
    """A record as one side has it, by digests: enough to compare, small enough to keep by the thousand.

    `slot` is its name below the parent (slug, number, type; "" for a kind of which there is one).
    `digests` holds DIGEST_SIZE bytes for each field of the kind, in the order of its declaration.
    """

    rid: Rid
    kind: str
    parent: Rid
    slot: str
    digests: bytes


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
    """A short mark of all that a record says: it is another one as soon as any value is."""
    return blake2b(digests, digest_size=16).hexdigest()


def content_digest(kind: Kind, digests: bytes, size: int) -> bytes:
    """A hash, of `size` bytes, of what a record says to its readers: its fields less status and order.

    Fields that say nothing don't count, so a kind may get more of them and no hash changes.
    """
    hashed = blake2b(digest_size=size)
    for number, field in enumerate(kind.fields):
        part = digests[number * DIGEST_SIZE : (number + 1) * DIGEST_SIZE]
        if field.loose or field.name == STATUS or part in (ABSENT, digest(None), digest(field.default)):
            continue
        hashed.update(field.name.encode() + b"\0" + part)
    return hashed.digest()


def with_order(kind: Kind, data: bytes, order: bytes) -> bytes:
    """The digests `data` with `order` for the field that orders the kind's records, if it has one."""
    return with_digests(kind, data, {kind.order.name: order}) if kind.order else data


def with_digests(kind: Kind, data: bytes, new: Mapping[str, bytes]) -> bytes:
    """The digests `data` with `new` ones for some fields, by name."""
    for name, part in new.items():
        at = kind.positions[name] * DIGEST_SIZE
        data = data[:at] + part + data[at + DIGEST_SIZE :]
    return data


def field_digests(kind: Kind, version: Version | None) -> dict[str, str | bytes]:
    """What is compared of a version, by field; parent and slot count as fields of identified kinds."""
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


def seen_parts(kind: Kind, base: Version | None) -> dict[str, str | bytes]:
    """What is compared of a base, by field, less what was never seen."""
    return {n: v for n, v in field_digests(kind, base).items() if v not in (UNSEEN, UNSEEN_PLACE)}


def assembled(kind: Kind, rid: Rid, values: Mapping[str, str | bytes], place: Version) -> Version:
    """A version with these values by field; what is missing counts as never seen.

    `place` gives parent and slot for the kinds of which they are no fields.
    """
    column = kind.slot.column if kind.slot else ""
    parent = values.get(PARENT, UNSEEN_PLACE) if kind.identified else place.parent
    slot = values.get(column, UNSEEN_PLACE) if kind.identified and column else place.slot
    data = b"".join(bytes(v) if (v := values.get(f.name)) is not None else UNSEEN for f in kind.fields)  # type: ignore[arg-type]
    return Version(rid, kind.name, str(parent), str(slot), data)


def blend(kind: Kind, under: Version, over: Version, fields: Iterable[str]) -> Version:
    """`under` with the named fields of `over`."""
    told = field_digests(kind, over)
    values = field_digests(kind, under) | {name: told[name] for name in fields if name in told}
    return assembled(kind, under.rid, values, under)
