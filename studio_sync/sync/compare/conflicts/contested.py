"""Conflicts with everything needed to decide them: the three records, and who last changed the row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from posixpath import dirname

from studio_sync.core.merge.parts import Part, Record, RecordConflict
from studio_sync.core.merge.resolution import decided_parts, marked_parts
from studio_sync.core.plan.reconcile import Delta, Standing
from studio_sync.core.values.record import PARENT, UNKNOWN_PLACE, Omitted, Rid, Version, known_digests
from studio_sync.core.values.value import Value, digest
from studio_sync.database.store import Store
from studio_sync.database.values.ledger_past import Author
from studio_sync.files.markdown.unresolved import MARKERS
from studio_sync.sync.compare.compared import Compared
from studio_sync.sync.compare.comparison import Comparison, RecordValues
from studio_sync.sync.compare.conflicts.row_authors import row_authors
from studio_sync.sync.compare.conflicts.shown import version_token


@dataclass(frozen=True, slots=True)
class Contested:
    """A record in conflict, with its parts, and the author of the row's last change, as far as known.

    With `demanded` a decision waits until the parts were shown whole.
    """

    conflict: RecordConflict
    parts: tuple[Part, ...]
    author: Author | None = None
    demanded: bool = False

    @property
    def seen(self) -> str:
        """The token of the database's version, see `version_token`."""
        return version_token(self.delta)

    @property
    def delta(self) -> Delta:
        """The delta of the record."""
        return self.conflict.delta


def contested(
    store: Store, compared: Compared, deltas: Sequence[Delta], values: RecordValues
) -> list[Contested]:
    """The deltas in conflict; their rows must have been read."""
    conflicts = [d for d in deltas if d.standing is Standing.CONFLICT]
    if not conflicts:
        return []
    sides = ConflictSides(compared, conflicts, values)
    readable = compared.ledger.readable
    known = row_authors(store.past(), conflicts, (Standing.CONFLICT,)) if readable else {}
    found = []
    for delta in conflicts:
        author = known.get(delta.rid)
        facts = compared.out.facts.get(delta.rid)
        if author is None and facts and facts.updated_at:
            author = Author(delta.remote, datetime.fromisoformat(facts.updated_at))
        conflict = sides.conflict(delta)
        found.append(Contested(conflict, decided_parts(conflict), author))
    return found


def with_contesting(deltas: Sequence[Delta], out: Comparison) -> Sequence[Delta]:
    """With those outside the scope that were moved below a deletion in it: both are one decision."""
    here, contests = {d.rid for d in deltas}, out.contests
    contesting = {rid for rid, contest in contests.items() if contest.top in here} - here
    moved = {d.rid for d in out.deltas if d.rid in contesting and d.local and d.remote}
    return [d for d in out.deltas if d.rid in here or d.rid in moved] if moved else deltas


def records_with_markers(
    compared: Compared, deltas: Sequence[Delta], values: RecordValues
) -> list[Contested]:
    """The deltas whose files contain both versions of a conflict between markers."""
    found = [d for d in deltas if d.local and d.remote and _has_markers(compared, d)]
    sides = ConflictSides(compared, found, values)
    conflicts = [sides.conflict(delta) for delta in found]
    return [Contested(c, parts) for c in conflicts if (parts := marked_parts(c))]


def _has_markers(compared: Compared, delta: Delta) -> bool:
    entry, body = compared.out.entries.get(delta.rid), delta.kind.body
    known = entry is not None and any(problem.code == MARKERS for problem in entry.problems)
    return known and body is not None and delta.fields.get(body.name) is not Standing.CONFLICT


class ConflictSides:
    """The three versions of records, read in one batch."""

    def __init__(self, compared: Compared, deltas: Sequence[Delta], values: RecordValues) -> None:
        self._compared, self._values = compared, values
        self._stood = {d.rid: compared.out.resolutions[d.rid].places for d in deltas}
        wanted = {(rid, number) for rid, found in self._stood.items() for number in found.values()}
        self._documents = compared.ledger.documents(wanted)

    def conflict(self, delta: Delta) -> RecordConflict:
        """The conflict of a record, with its three versions."""
        local = self._record(delta, delta.local, self._values.local(delta.rid)) if delta.local else None
        remote = self._record(delta, delta.remote, self._values.remote(delta.rid)) if delta.remote else None
        base = self._record(delta, delta.base, self._base(delta)) if delta.base else None
        return RecordConflict(delta, base, local, remote)

    def _base(self, delta: Delta) -> dict[str, Value]:
        """The base's fields, as far as the ledger has their known versions."""
        found: dict[str, Value] = {}
        for name, known in known_digests(delta.kind, delta.base).items():
            number = self._stood[delta.rid].get(name, 0)
            document = self._documents.get((delta.rid, number), {})
            if name in document and digest(document[name]) == known:
                found[name] = document[name]
        return found

    def _record(self, delta: Delta, version: Version, values: Mapping[str, Value | Omitted]) -> Record:
        stated = {name: value for name, value in values.items() if not isinstance(value, Omitted)}
        return Record(self._place(delta, version), stated)

    def _place(self, delta: Delta, version: Version) -> dict[str, Value]:
        kind = delta.kind
        if not kind.identified or UNKNOWN_PLACE in (version.parent, version.slot):
            return {}
        place: dict[str, Value] = {}
        if kind.parent:
            place[PARENT] = self._named(version.parent)
        if kind.slot:
            place[kind.slot.column] = version.slot
        return place

    def _named(self, parent: Rid) -> str:
        """A parent's name for people: its folder, else its key."""
        places = self._compared.places
        return dirname(places.path(parent)) or places.key(parent)
