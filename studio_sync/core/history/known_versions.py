"""Which version of a record a tree stands on: what each of its commits has seen, field by field.

Every version that the ledger holds of a record has a number, and older and newer mean that number, never
a time. What a tree has seen only ever grows along its history: a commit that merely brings back an older
content (a revert) has still seen the newer one: its content is meant, and no old file.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from studio_sync.core.values.kind import Kind
from studio_sync.core.values.record import Version, assembled, field_digests, seen_parts
from studio_sync.core.values.value import ABSENT, DIGEST_SIZE

FieldVersions: TypeAlias = Mapping[str, int]
"""For each field the number of the version that it stands on; a field that is missing was never seen."""

FieldValue: TypeAlias = str | bytes

NOTHING: FieldVersions = {}


@dataclass(frozen=True, slots=True)
class LedgerNote:
    """`content`, which is no version itself, stands in `fields` on the version with this number."""

    content: Version
    fields: Collection[str]
    number: int


class RecordHistory:
    """What the ledger knows of one record: its versions by number (None: it was deleted), and the notes."""

    def __init__(
        self, kind: Kind, versions: Mapping[int, Version | None], notes: Sequence[LedgerNote] = ()
    ) -> None:
        self.kind, self.notes = kind, notes
        self.versions = dict(sorted(versions.items()))
        self.fields = tuple(part_names(kind))
        self._parts = {n: field_digests(kind, v) if v else None for n, v in self.versions.items()}

    @property
    def latest(self) -> int:
        """The number of the newest version, 0 if there is none."""
        return next(reversed(self.versions), 0)

    @property
    def last(self) -> Version | None:
        """The newest version that was no deletion, None if there is none."""
        return next((v for v in reversed(self.versions.values()) if v is not None), None)

    def numbers_of(self, content: Version | None) -> list[int]:
        """The numbers of the versions that say what `content` says, rising."""
        if content is None:
            return [n for n, found in self._parts.items() if found is None]
        said = _told(self.kind, content)
        return [
            n
            for n, found in self._parts.items()
            if found is not None and all(found[name] == value for name, value in said.items())
        ]

    def numbers_with(self, name: str, value: FieldValue) -> list[int]:
        """The numbers of the versions that have this value in that field, rising."""
        return [n for n, found in self._parts.items() if found is not None and found[name] == value]

    def everywhere(self, number: int) -> FieldVersions:
        """Every field, standing on one version."""
        return dict.fromkeys(self.fields, number)

    def confirms(self, content: Version, number: int, places: FieldVersions) -> bool:
        """Whether each field of `content` is what its version says: that in `places`, or `number`."""
        for name, value in seen_parts(self.kind, content).items():
            there = self._parts.get(places.get(name, number))
            if there is None or (there[name] != value and ABSENT not in (there[name], value)):
                return False
        return True

    def base(self, places: FieldVersions) -> Version | None:
        """The version that `places` name, put together from several; None if it was a deletion.

        Fields that were never seen are marked as such.
        """
        if any(self._parts.get(n, {}) is None for n in places.values()):
            return None
        found = {name: self._parts[n] for name, n in places.items() if n in self._parts}
        some = next((self.versions[n] for n in places.values() if self.versions.get(n)), None)
        if some is None:
            return None
        values = {name: held[name] for name, held in found.items() if held is not None}
        return assembled(self.kind, some.rid, values, some)


def says_again(history: RecordHistory | None, content: Version) -> bool:
    """Whether a content says what the record's last version said, wherever it stood."""
    last = history.last if history is not None else None
    if history is None or last is None:
        return False
    said, told = field_digests(history.kind, last), field_digests(history.kind, content)
    return all(told[f.name] in (ABSENT, said[f.name]) for f in history.kind.fields)


def kept_when_deleted(history: RecordHistory | None, content: Version) -> bool:
    """Whether somebody decided to keep this very content when the record was last deleted."""
    if history is None or history.versions.get(history.latest) is not None:
        return False
    on_it = (note for note in history.notes if note.number == history.latest)
    return any(same_content(history.kind, note.content, content) for note in on_it)


def part_names(kind: Kind) -> Iterable[str]:
    """The names of what is compared of a record of `kind`."""
    blank = Version("", kind.name, "", "", bytes(DIGEST_SIZE * len(kind.fields)))
    return field_digests(kind, blank)


def _told(kind: Kind, content: Version) -> dict[str, FieldValue]:
    """What a content says of its fields; a loose field that it leaves out agrees with any version."""
    return {name: value for name, value in field_digests(kind, content).items() if value != ABSENT}


def newest_of_each(all_of_them: Iterable[FieldVersions]) -> FieldVersions:
    """Per field the newest of what was seen."""
    found: dict[str, int] = {}
    for places in all_of_them:
        for name, number in places.items():
            if number > found.get(name, -1):
                found[name] = number
    return found


def advance_base(
    history: RecordHistory, seen: FieldVersions, parents: Sequence[Version | None], content: Version | None
) -> FieldVersions:
    """What was seen once a tree holds `content`, whose predecessors held `parents` and had seen `seen`.

    - The same content as a predecessor's: nothing new was seen.
    - Nor was it where an edit is undone: the content says again what the base says.
    - A content that the ledger knows stands on its smallest occurrence which is nowhere older than what
      was seen and somewhere newer. Where there is none it is a revert, and nothing new was seen, but for
      what notes say on this content.
    - An unknown content is looked at field by field: a field that changed, and whose value the ledger has
      at a newer place, moves there; then come the notes on this content.
    - A loose field that a content leaves out stays where it was. One that it is the first to state stands
      on the newest of what was seen.

    Laws: no field ever moves to an older version. With an empty ledger nothing is ever seen.
    """
    if any(content == parent for parent in parents) or (content is None and not parents):
        return seen
    told = {} if content is None else _told(history.kind, content)
    numbers = history.numbers_of(content)
    stood = seen_parts(history.kind, history.base(seen))
    undone = bool(told) and all(stood.get(name) == value for name, value in told.items())
    if numbers and not undone:
        least = max(seen.values(), default=0)
        there = seen if stood else NOTHING
        moving = [name for name in history.fields if name in told or content is None or name not in there]
        for number in numbers:
            if number >= least and any(number > seen.get(name, 0) for name in moving):
                return {**seen, **dict.fromkeys(moving, number)}
    if numbers or content is None:
        return noted(history, seen, content)
    moved = dict(seen)
    before = [_told(history.kind, parent) for parent in parents if parent is not None]
    for name, value in told.items():
        if any(held.get(name) == value for held in before):
            continue
        at = next((n for n in history.numbers_with(name, value) if n > seen.get(name, 0)), None)
        if at is not None:
            moved[name] = at
        elif seen and before and not any(name in held for held in before):
            moved[name] = max(seen.values())
    return noted(history, moved, content)


def noted(history: RecordHistory, seen: FieldVersions, content: Version | None) -> FieldVersions:
    """`seen`, and what notes on this very content say; None stands for a file that was deleted."""
    moved = dict(seen)
    for note in history.notes:
        if note.number in history.versions and same_content(history.kind, note.content, content):
            said = field_digests(history.kind, note.content)
            for name in note.fields:
                if said.get(name) != ABSENT:
                    moved[name] = max(moved.get(name, 0), note.number)
    return moved


def absent(version: Version) -> Version:
    """The content of a note on a file that was deleted."""
    return replace(version, digests=b"")


def same_content(kind: Kind, noted: Version, other: Version | None) -> bool:
    """Whether the content of a note is that of a file; None for a file that was deleted."""
    if other is None or not other.digests or not noted.digests:
        return not noted.digests and (other is None or not other.digests)
    return field_digests(kind, noted) == field_digests(kind, other)
