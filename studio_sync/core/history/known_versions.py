"""Known versions: for each field of a record, the newest version in the ledger that a commit has seen.

The ledger numbers the versions of a record; "older" and "newer" compare these numbers, never times.
Known versions never decrease along git's history: a commit that restores an older content (a revert)
still knows the newer version, so its content is an edit, and not an outdated file.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from studio_sync.core.values.kind import Kind
from studio_sync.core.values.record import Version, assembled, field_digests, known_digests
from studio_sync.core.values.value import ABSENT, DIGEST_SIZE

FieldVersions: TypeAlias = Mapping[str, int]
"""The known version of each field, by field name; a field without an entry has no known version."""

FieldValue: TypeAlias = str | bytes

NOTHING: FieldVersions = {}


@dataclass(frozen=True, slots=True)
class LedgerNote:
    """A note: `content` is no version itself; in `fields` it is based on the version with this `number`.

    One that `withdraws` takes back one such note: the decision behind it was undone.
    """

    content: Version
    fields: Collection[str]
    number: int
    withdraws: bool = False

    @property
    def withdrawal(self) -> "LedgerNote":
        """The note that takes this one back."""
        return replace(self, withdraws=True)


class RecordHistory:
    """A record's versions in the ledger by number (None: a deletion), and the notes about it that count.

    `withdrawn` are the notes that the ledger takes back, `hidden` those that don't count here alone. `own`
    are the last ones that this workspace entered.
    """

    def __init__(
        self,
        kind: Kind,
        versions: Mapping[int, Version | None],
        notes: Sequence[LedgerNote] = (),
        *,
        hidden: Sequence[LedgerNote] = (),
        own: Sequence[LedgerNote] = (),
    ) -> None:
        """`notes` as the ledger has them, in any order: each withdrawal takes back one."""
        self.kind, self.hidden, self.own = kind, hidden, own
        self.notes, self.withdrawn = _counting(notes)
        self.versions = dict(sorted(versions.items()))
        self.fields = tuple(part_names(kind))
        self._parts = {n: field_digests(kind, v) if v else None for n, v in self.versions.items()}

    @property
    def latest(self) -> int:
        """The number of the newest version, 0 if the ledger has none."""
        return next(reversed(self.versions), 0)

    @property
    def last(self) -> Version | None:
        """The newest version that is not a deletion, None if there is none."""
        return next((v for v in reversed(self.versions.values()) if v is not None), None)

    def numbers_of(self, content: Version | None) -> list[int]:
        """The numbers of the versions equal to `content`, ascending; loose fields that it omits equal any."""
        if content is None:
            return [n for n, found in self._parts.items() if found is None]
        digests = _field_values(self.kind, content)
        return [
            n
            for n, found in self._parts.items()
            if found is not None and all(found[name] == value for name, value in digests.items())
        ]

    def numbers_with(self, name: str, value: FieldValue) -> list[int]:
        """The numbers of the versions with this value in that field, ascending."""
        return [n for n, found in self._parts.items() if found is not None and found[name] == value]

    def everywhere(self, number: int) -> FieldVersions:
        """Known versions in which every field has the same number."""
        return dict.fromkeys(self.fields, number)

    def confirms(self, content: Version, number: int, places: FieldVersions) -> bool:
        """Whether each field of `content` equals its version: the one in `places`, else version `number`."""
        for name, value in known_digests(self.kind, content).items():
            there = self._parts.get(places.get(name, number))
            if there is None or (there[name] != value and ABSENT not in (there[name], value)):
                return False
        return True

    def base(self, places: FieldVersions) -> Version | None:
        """The version assembled field by field from `places`; None if one of them is a deletion.

        Fields without a known version are marked as such.
        """
        if any(self._parts.get(n, {}) is None for n in places.values()):
            return None
        found = {name: self._parts[n] for name, n in places.items() if n in self._parts}
        some = next((self.versions[n] for n in places.values() if self.versions.get(n)), None)
        if some is None:
            return None
        values = {name: held[name] for name, held in found.items() if held is not None}
        return assembled(self.kind, some.rid, values, some)


def _counting(notes: Sequence[LedgerNote]) -> tuple[Sequence[LedgerNote], Sequence[LedgerNote]]:
    """The notes that count, and those that are taken back."""
    left = Counter((n.number, n.content, frozenset(n.fields)) for n in notes if n.withdraws)
    if not left:
        return notes, ()
    counting: list[LedgerNote] = []
    withdrawn: list[LedgerNote] = []
    for note in notes:
        key = (note.number, note.content, frozenset(note.fields))
        if not note.withdraws:
            (withdrawn if left[key] > 0 else counting).append(note)
            left[key] -= 1
    return counting, withdrawn


def superseded_by(history: RecordHistory | None, base: FieldVersions, content: Version) -> int:
    """The number of the record's last version, if `content` is older than that in some field; else 0.

    `base` gives the version of each field of `content`.
    """
    last = history.last if history is not None else None
    if history is None or last is None:
        return 0
    number = max(n for n, version in history.versions.items() if version is not None)
    digests, newest = _field_values(history.kind, content), field_digests(history.kind, last)
    older = (base.get(name, 0) for name, value in digests.items() if newest[name] not in (ABSENT, value))
    return number if any(n in history.versions and n < number for n in older) else 0


def says_again(history: RecordHistory | None, content: Version) -> bool:
    """Whether `content` equals the record's last version in all fields, whatever its path."""
    last = history.last if history is not None else None
    if history is None or last is None:
        return False
    last_digests, digests = field_digests(history.kind, last), field_digests(history.kind, content)
    return all(digests[f.name] in (ABSENT, last_digests[f.name]) for f in history.kind.fields)


def was_entered(history: RecordHistory | None) -> bool:
    """Whether the ledger has a version of the record: then it once had a row."""
    return history is not None and history.last is not None


def kept_when_deleted(history: RecordHistory | None, content: Version) -> bool:
    """Whether somebody decided to keep exactly this content when the record was last deleted."""
    if history is None or history.versions.get(history.latest) is not None:
        return False
    on_it = (note for note in history.notes if note.number == history.latest)
    return any(same_content(history.kind, note.content, content) for note in on_it)


def part_names(kind: Kind) -> Iterable[str]:
    """The names of the parts that are compared of a record: its fields, parent and slot."""
    blank = Version("", kind.name, "", "", bytes(DIGEST_SIZE * len(kind.fields)))
    return field_digests(kind, blank)


def _field_values(kind: Kind, content: Version) -> dict[str, FieldValue]:
    """The digests of the fields that a content states; an omitted loose field agrees with any version."""
    return {name: value for name, value in field_digests(kind, content).items() if value != ABSENT}


def newest_of_each(all_of_them: Iterable[FieldVersions]) -> FieldVersions:
    """For each field the highest known version."""
    found: dict[str, int] = {}
    for places in all_of_them:
        for name, number in places.items():
            if number > found.get(name, -1):
                found[name] = number
    return found


def advance_base(
    history: RecordHistory,
    known: FieldVersions,
    parents: Sequence[Version | None],
    content: Version | None,
    *,
    by_all: bool = True,
) -> FieldVersions:
    """The known versions of a tree that holds `content`, whose parents held `parents` and knew `known`.

    - Equal to a parent: nothing advances.
    - Equal to the base again (an edit is undone): nothing advances.
    - Equal to versions in the ledger: advance to the lowest number that is in no field older than `known`
      and in some field newer. If there is none, it is a revert: only notes on this content advance it.
    - Not in the ledger: field by field, a changed field advances to the next newer version with its value;
      then come the notes on this content.
    - Without `by_all` only this workspace's own notes count: `content` is an edit, and may say by chance what
      somebody decided on elsewhere.
    - An omitted loose field keeps its known version. A loose field stated for the first time gets the
      newest known version of the record.

    Laws: no field ever goes back to an older version. With an empty ledger nothing is ever known.
    """
    if any(content == parent for parent in parents) or (content is None and not parents):
        return known
    notes = history.notes if by_all else history.own
    values = {} if content is None else _field_values(history.kind, content)
    numbers = history.numbers_of(content)
    base_digests = known_digests(history.kind, history.base(known))
    undone = bool(values) and all(base_digests.get(name) == value for name, value in values.items())
    if numbers and not undone:
        least = max(known.values(), default=0)
        there = known if base_digests else NOTHING
        moving = [name for name in history.fields if name in values or content is None or name not in there]
        for number in numbers:
            if number >= least and any(number > known.get(name, 0) for name in moving):
                return {**known, **dict.fromkeys(moving, number)}
    if numbers or content is None:
        return noted(history, known, content, notes)
    moved = dict(known)
    before = [_field_values(history.kind, parent) for parent in parents if parent is not None]
    for name, value in values.items():
        if any(held.get(name) == value for held in before):
            continue
        at = next((n for n in history.numbers_with(name, value) if n > known.get(name, 0)), None)
        if at is not None:
            moved[name] = at
        elif known and before and not any(name in held for held in before):
            moved[name] = max(known.values())
    return noted(history, moved, content, notes)


def noted(
    history: RecordHistory, known: FieldVersions, content: Version | None, notes: Iterable[LedgerNote]
) -> FieldVersions:
    """`known`, advanced by those of these notes on exactly this content; None is a deleted file."""
    moved = dict(known)
    for note in notes:
        if note.number in history.versions and same_content(history.kind, note.content, content):
            noted_digests = field_digests(history.kind, note.content)
            for name in note.fields:
                if noted_digests.get(name) != ABSENT:
                    moved[name] = max(moved.get(name, 0), note.number)
    return moved


def absent(version: Version) -> Version:
    """The content that a note about a deleted file has."""
    return replace(version, digests=b"")


def same_content(kind: Kind, noted: Version, other: Version | None) -> bool:
    """Whether a note's content equals that of a file; `other` is None for a deleted file."""
    if other is None or not other.digests or not noted.digests:
        return not noted.digests and (other is None or not other.digests)
    return field_digests(kind, noted) == field_digests(kind, other)
