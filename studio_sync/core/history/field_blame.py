"""Blame: the version of a record that introduced each field value, and each sentence of a text."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from studio_sync.core.merge.align import AlignmentBudget, runs
from studio_sync.core.values.kind import Field, FieldPlace, Type
from studio_sync.core.values.value import Value, digest

UNPUSHED = -1
"""The origin of a value or sentence that only the file has: no version in the ledger contains it."""

_SENTENCE = re.compile(
    r"\S(?:.*?(?:[.!?\u2026]+[\"'\u201d\u2019)\]*_]*(?=\s)|[\u3002\uff01\uff1f]+[\u300d\u300f\u201d\u2019\uff09]*)|.*)"
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a text, its line number (from 1), and the index of the version that introduced it."""

    line: int
    text: str
    origin: int


@dataclass(frozen=True, slots=True)
class FieldBlame:
    """The index of the version that introduced a field's value, or UNPUSHED; for texts, of each sentence."""

    name: str
    origin: int
    sentences: tuple[Sentence, ...] = ()


def sentences(text: str) -> list[tuple[int, str]]:
    """Split a text into sentences, each with its line number, from 1; no sentence crosses a line end."""
    return [
        (number, found.group().rstrip())
        for number, line in enumerate(text.split("\n"), 1)
        for found in _SENTENCE.finditer(line)
    ]


def blame_field(field: Field, versions: Sequence[Value], now: Value) -> FieldBlame:
    """Blame the file's value `now` on `versions`: all known versions of the field, oldest first.

    Laws: a sentence belongs to the version that introduced it, for as long as no version removed it. A
    sentence that was removed and added again belongs to the version that added it again. A moved sentence
    keeps its origin. What the file contains and no version does is UNPUSHED.
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
    distinguished = field.place is FieldPlace.BODY or len(found) > 1  # a status is no text
    return FieldBlame(field.name, origin, found if distinguished else ())


def _last_change(versions: Sequence[Value], now: Value) -> int:
    """The index of the version that introduced this value last; UNPUSHED if no version has it."""
    value_digests = [digest(value) for value in versions]
    wanted = digest(now)
    newest = next((k for k in reversed(range(len(value_digests))) if value_digests[k] == wanted), None)
    if newest is None:
        return UNPUSHED
    while newest and value_digests[newest - 1] == wanted:
        newest -= 1
    return newest


def _carried(before: Sequence[tuple[str, int]], text: str, index: int) -> list[tuple[str, int]]:
    """Carry origins over to the next text: kept and moved sentences keep theirs, new ones get `index`."""
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
    """The indexes of restored versions: equal to an older version, and different from the one before."""
    seen: set[bytes] = set()
    found = set()
    for index, data in enumerate(digests):
        if data in seen and digests[index - 1] != data:
            found.add(index)
        seen.add(data)
    return frozenset(found)
