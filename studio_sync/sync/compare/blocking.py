"""Blocked deltas: what no command may write, because of faults, duplicates or collisions."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from posixpath import dirname
from shlex import quote

from studio_sync.core.plan.contest import Contest
from studio_sync.core.plan.decided_along import moves_file
from studio_sync.core.plan.reconcile import Action, Delta, Standing
from studio_sync.core.plan.resolve_command import resolve_command
from studio_sync.core.values.kind import Kind
from studio_sync.core.values.layout import renaming, whole_path
from studio_sync.core.values.problem import Problem, Severity
from studio_sync.core.values.record import PARENT, Rid, Version
from studio_sync.files.memory.entries import FileEntry
from studio_sync.sync.compare.comparison import Apart, joined
from studio_sync.sync.compare.record_places import RecordPlaces
from studio_sync.sync.compare.remote import RemoteRows
from studio_sync.sync.compare.sides import ComparisonSides, FilesSide
from studio_sync.sync.read.local import same_place

Place = tuple[Rid, str, str]
"""A parent, a kind and a slot."""


@dataclass(frozen=True, slots=True)
class Blocked:
    """The deltas that remain, the problems that block some of them, and the records left out.

    `awaiting` maps a record that would take another one's place in the database to that other record.
    """

    deltas: Sequence[Delta]
    problems: Mapping[Rid, Sequence[Problem]]
    awaiting: Mapping[Rid, Rid]
    apart: Mapping[Rid, Apart]


class Blocker:
    """Finds the deltas that may not be written: faulty files, duplicates, collisions."""

    def __init__(
        self,
        sides: ComparisonSides,
        entries: Mapping[Rid, FileEntry],
        paths: Mapping[Rid, str],
        rows: RemoteRows,
    ) -> None:
        self._memory, self._db, self._local = sides.base.memory, sides.base.db, sides.files.state
        self._prefix, self._entries, self._paths, self._rows = sides.files.prefix, entries, paths, rows

    def block(self, deltas: Sequence[Delta]) -> Blocked:
        """Find blocked deltas: faulty files, collisions, and records whose path is held or outside."""
        kept, faulty, apart = [], {}, {}
        twins = [problem for problem in self._local.tree_problems if problem.code == "twin-names"]
        for delta in deltas:
            path = self._paths[delta.rid]
            entry = self._entries.get(delta.rid)
            if entry is not None:
                errors = [p for p in entry.problems if p.severity is Severity.ERROR]
                if delta.local is not None and delta.remote is None:
                    errors += [p for p in twins if f"{self._prefix}{path}/".startswith(f"{p.path}/")]
                if errors:
                    faulty[delta.rid] = errors
            outside = delta.local is None and self._local.outside(path)
            if outside or (delta.local is None and self._local.holds(path)):
                parent = delta.remote.parent if delta.remote else None
                apart[delta.rid] = Apart(None if outside else parent, parent, held="" if outside else path)
                continue
            kept.append(delta)
        awaiting, collisions = self._collisions(kept)
        return Blocked(kept, joined(faulty, collisions), awaiting, apart)

    def _collisions(self, deltas: Sequence[Delta]) -> tuple[dict[Rid, Rid], dict[Rid, list[Problem]]]:
        """Who waits for whose place; and the collisions, where a place stays taken. They are never merged."""
        awaiting: dict[Rid, Rid] = {}
        found: dict[Rid, list[Problem]] = {}
        coming = {d.rid: d.local for d in deltas if d.local is not None and _comes(d)}
        if not coming:  # as in a pull of what others made: who holds a place matters to nobody
            return awaiting, found
        leaving = {d.rid for d in deltas if d.rid in coming or _goes(d)}
        differing = {d.rid for d in deltas}
        # Rows that were read hold the place that they have now, also where their file is held.
        holders = {row.place: rid for rid, row in self._rows.versions.items()}
        holders |= {d.remote.place: d.rid for d in deltas if d.remote is not None}
        settled = self._memory.any_bases(self._db)
        twins = _twins(deltas, coming)
        for delta in deltas:
            mine = coming.get(delta.rid)
            if mine is None:
                continue
            if mine.place in twins:
                found[delta.rid] = [self._same_place(delta, mine.slot, twins[mine.place])]
                continue
            holder = holders.get(mine.place) or (self._settled_at(mine, differing) if settled else None)
            if holder is None or holder == delta.rid:
                continue
            awaiting[delta.rid] = holder
            if holder not in leaving:
                path = self._prefix + self._paths[delta.rid]
                message, hint = collision(delta.kind, mine.slot, path)
                message = f"{message}, by the id {holder}"
                carried = any(True for _ in self._memory.files_where("id = ?", holder))
                if delta.remote is None and not carried:  # else either has its row, or its file
                    adopting = f"`studio pull --adopt-ids {quote(dirname(path))}`"
                    hint += f"; or, if it is that {delta.kind.name}: {adopting}"
                found[delta.rid] = [Problem(path, 0, 0, "collision", message, hint)]
        return awaiting, found

    def _same_place(self, delta: Delta, slot: str, others: Iterable[Delta]) -> Problem:
        """The problem of a record that would take a place together with others."""
        folders = [dirname(self._paths[d.rid]) for d in others if d.rid != delta.rid]
        column = delta.kind.slot_column or "place"
        shown = [self._prefix + folder for folder in folders]
        return same_place(self._prefix + self._paths[delta.rid], column, slot, shown)

    def _settled_at(self, version: Version, differing: AbstractSet[Rid]) -> Rid | None:
        """The settled record at the place of `version`; None if there is none."""
        found = self._memory.bases_where(
            self._db, "parent = ? AND kind = ? AND slot = ?", version.parent, version.kind, version.slot
        )
        settled = (b for b in found if b.row_id not in self._rows.deleted)
        apart = differing | self._rows.versions.keys()
        return next((b.version.rid for b in settled if b.version.rid not in apart), None)


def collision(kind: Kind, slot: str, path: str) -> tuple[str, str]:
    """The problem of a record whose place another row has, and the way out; `path` is its file's."""
    column = kind.slot_column or "place"
    return (
        f"{column} {slot} is another {kind.name}'s in the database",
        f"give this one its own {column}: {renaming(kind, whole_path(kind, path))}; then push",
    )


def incomplete(
    deltas: Iterable[Delta], path_of: Callable[[Rid], str], held: Iterable[str], prefix: str
) -> dict[Rid, list[Problem]]:
    """The problems of records of deleted rows below which a file is held: it may be a part of them."""
    folders = {f"{dirname(path_of(d.rid))}/": d.rid for d in deltas if d.kind.folder}
    found: dict[Rid, list[Problem]] = {}
    for part in held if folders else ():
        above = [folder for folder in folders if part.startswith(folder) and part != folder]
        if above and (rid := folders[max(above, key=len)]) not in found:
            what = f"its row is made again with everything below it, and {prefix}{part} can't be taken up"
            path = prefix + path_of(rid)
            found[rid] = [Problem(path, 0, 0, "held", what, "mend that first; then push again")]
    return found


def kept_by_held(
    deltas: Iterable[Delta],
    contests: Mapping[Rid, Contest],
    apart: Mapping[Rid, Apart],
    places: RecordPlaces,
    files: FilesSide,
) -> dict[Rid, str]:
    """What is held and keeps the files of conflicts where they are: how to mend it first."""
    held, found = files.state.held, dict[Rid, str]()
    tops = {contest.top for contest in contests.values()}
    for delta in deltas if held else ():
        if delta.rid in tops and delta.kind.folder and delta.local is not None and delta.remote is None:
            folder = f"{dirname(places.path(delta.rid))}/"
            parts = [part for part in held if part.startswith(folder) and part != folder]
            if parts:  # a file says more than its folder
                found[delta.rid] = min(parts, key=lambda part: (part.endswith("/"), part))
        elif delta.remote is not None and _moved_apart(delta):
            above = apart.get(delta.remote.parent)
            if above is not None and above.held:
                found[delta.rid] = above.held
    return {rid: f"mend {files.state.to_mend(path, files.prefix)} first" for rid, path in found.items()}


def kept_by_conflicts(
    deltas: Iterable[Delta], contests: Mapping[Rid, Contest], places: RecordPlaces, prefix: str
) -> dict[Rid, str]:
    """The conflicts above deletions in conflict, whose files they keep: how to resolve them first."""
    by_rid, found = {d.rid: d for d in deltas if d.standing is Standing.CONFLICT}, dict[Rid, str]()
    for top in {contest.top for contest in contests.values()} & by_rid.keys():
        delta = by_rid[top]
        version = delta.local if delta.remote is None else None
        while version is not None and version.parent:
            up = by_rid.get(version.parent)
            if up is not None and up.local and up.remote and up.rid not in contests:
                path = prefix + places.path(up.rid)
                found[top] = f"resolve {path} first: {resolve_command(path)}"
                break
            version = places.version(version.parent)
    return found


def _moved_apart(delta: Delta) -> bool:
    """Whether the sides of a conflict have the record below different ones, and a decision moves its file."""
    both = delta.local is not None and delta.remote is not None and delta.local.parent != delta.remote.parent
    return both and delta.standing is Standing.CONFLICT and moves_file(delta)


FETCH_FIRST = "fetch the rest of the history first: git fetch --unshallow"
"""What is done before a conflict of a record whose history a shallow clone cuts off."""


def cut_off(path: str) -> Problem:
    """The problem of a record whose history a shallow clone cuts off: nothing is decided about it."""
    message = "this clone has only a part of the history, so the file's merge base is not known"
    return Problem(path, 0, 0, "shallow-history", message, "fetch the rest: git fetch --unshallow")


def unmerged(path: str) -> Problem:
    """The problem of a file that git lists as unmerged: it is neither pushed nor pulled."""
    message = "git lists this file as unmerged, so it is neither pushed nor pulled"
    return Problem(path, 0, 0, "unmerged", message, "finish the merge: edit the file, then `git add` it")


def _twins(deltas: Iterable[Delta], coming: Mapping[Rid, Version]) -> Mapping[Place, Sequence[Delta]]:
    """The places that several records would take at once, with those records."""
    taking = Counter(version.place for version in coming.values())
    found: dict[Place, list[Delta]] = defaultdict(list)
    for delta in deltas if taking.total() > len(taking) else ():
        if delta.rid in coming and taking[coming[delta.rid].place] > 1:
            found[coming[delta.rid].place].append(delta)
    return found


def _comes(delta: Delta) -> bool:
    """Whether a push would create the record's row, or move it to another place."""
    slot = delta.kind.slot
    if not delta.kind.identified or slot is None:
        return False
    if delta.remote is None:
        return delta.standing is Standing.AHEAD
    return Standing.AHEAD in (delta.fields.get(PARENT), delta.fields.get(slot.column))


def _goes(delta: Delta) -> bool:
    """Whether a push with deletions would delete the record's row."""
    return delta.action is Action.DELETE and delta.standing is Standing.AHEAD
