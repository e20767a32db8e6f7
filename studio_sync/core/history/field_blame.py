"""Which version of a record brought each of its fields, and each sentence of its texts."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from studio_sync.core.merge.align import AlignmentBudget, runs
from studio_sync.core.values.kind import Field, FieldPlace, Type
from studio_sync.core.values.value import Value, digest

UNPUSHED = -1
"""Stands for the file, in the place of a version: what it says and no version does."""

_SENTENCE = re.compile(
    r"\S(?:.*?(?:[.!?\u2026]+[\"'\u201d\u2019)\]*_]*(?=\s)|[\u3002\uff01\uff1f]+[\u300d\u300f\u201d\u2019\uff09]*)|.*)"
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a text, the line (from 1) in which it stands, and the index of its version."""

    line: int
    text: str
    origin: int


@dataclass(frozen=True, slots=True)
class FieldBlame:
    """The index of the version that gave a field its value, UNPUSHED where none did; a text by sentences."""

    name: str
    origin: int
    sentences: tuple[Sentence, ...] = ()


def sentences(text: str) -> list[tuple[int, str]]:
    """The sentences of a text, each with the number of its line, from 1; one never goes over a line's end."""
    return [
        (number, found.group().rstrip())
        for number, line in enumerate(text.split("\n"), 1)
        for found in _SENTENCE.finditer(line)
    ]


def blame_field(field: Field, versions: Sequence[Value], now: Value) -> FieldBlame:
    """Who brought what the file says `now`, given all known versions of the field, the oldest first.

    Laws: a sentence is of the version in which it first stood, as long as it stayed; one that went and came
    back is of the version that brought it back; one that only changed its place stays whose it was. What the
    file says and no version does is UNPUSHED.
    """
    if field.type is not Type.TEXT or not isinstance(now, str):
        return FieldBlame(field.name, _last_change(versions, now))
    known: list[tuple[str, int]] = []
    ever: dict[str, int] = {}
    chosen: list[tuple[str, int]] | None = None
    for index, value in enumerate(versions):
        known = _carried(known, value if isinstance(value, str) else "", index)
        ever |= dict(known)
        if value == now:
            chosen = known
    if chosen is None:
        carried = _carried(known, now, UNPUSHED)
        chosen = [
            (text, ever.get(text, UNPUSHED) if origin == UNPUSHED else origin) for text, origin in carried
        ]
    lines = [line for line, _ in sentences(now)]
    found = tuple(Sentence(line, *one) for line, one in zip(lines, chosen, strict=True))
    origin = _last_change(versions, now)
    told_apart = field.place is FieldPlace.BODY or len(found) > 1  # a status is no text
    return FieldBlame(field.name, origin, found if told_apart else ())


def _last_change(versions: Sequence[Value], now: Value) -> int:
    """The index of the version that last brought this value; UNPUSHED if none has it."""
    told = [digest(value) for value in versions]
    wanted = digest(now)
    newest = next((k for k in reversed(range(len(told))) if told[k] == wanted), None)
    if newest is None:
        return UNPUSHED
    while newest and told[newest - 1] == wanted:
        newest -= 1
    return newest


def _carried(before: Sequence[tuple[str, int]], text: str, index: int) -> list[tuple[str, int]]:
    """The sentences of a text with their origins: kept and moved ones theirs, new ones `index`."""
    old, new = [one for one, _ in before], [one for _, one in sentences(text)]
    origins = [index] * len(new)
    kept: set[int] = set()
    for a, b, size in runs(old, new, None, AlignmentBudget()):
        for k in range(size):
            origins[b + k] = before[a + k][1]
            kept.add(a + k)
    moved: dict[str, list[int]] = {}
    for k, (one, origin) in enumerate(before):
        if k not in kept:
            moved.setdefault(one, []).append(origin)
    stayed = Counter(one for k, one in enumerate(old) if k in kept)
    for k, one in enumerate(new):
        if stayed[one]:
            stayed[one] -= 1
        elif moved.get(one):
            origins[k] = moved[one].pop(0)
    return list(zip(new, origins, strict=True))


def restored_versions(digests: Sequence[bytes]) -> frozenset[int]:
    """The versions, by index, that say in all just what an older one said, and the one between did not."""
    seen: set[bytes] = set()
    found = set()
    for index, data in enumerate(digests):
        if data in seen and digests[index - 1] != data:
            found.add(index)
        seen.add(data)
    return frozenset(found)


def field_columns(
    fields: Sequence[Field], documents: Sequence[Mapping[str, Value]]
) -> dict[str, list[Value]]:
    """The values of each field, version by version; what a version doesn't say is the field's default."""
    return {f.name: [document.get(f.name, f.default) for document in documents] for f in fields}
