"""Finding doubtful ids: files whose id is probably a mistake, before files are matched with rows.

Such a file is held, with everything below it: nothing there is matched, written or deleted. The result
depends on files, rows and saved bases only, and nothing of it is saved, so that the next command finds
the same.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from posixpath import commonpath, dirname

from studio_sync.core.plan.reconcile import agree
from studio_sync.core.values.kind import Kind
from studio_sync.core.values.numbering import numbered
from studio_sync.core.values.phrases import a, counted
from studio_sync.core.values.problem import Problem, Severity
from studio_sync.core.values.record import Rid, Version, field_digests
from studio_sync.files.memory.entries import Base, FileEntry
from studio_sync.sync.compare.remote import RemoteRows
from studio_sync.sync.compare.sides import ComparisonSides
from studio_sync.sync.read.id_line import adoption, line_of_id, lost, mistyped
from studio_sync.sync.read.local_state import LocalState

Deletes = Callable[[str, Rid, str], bool]
"""Whether this run deletes a row on purpose: its file's last path, its identity, and the id in its place."""

RidAt = Callable[[str, LocalState], Rid | None]
"""The identity of the record whose own file is at a path, in a tree of which some is held."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """A file that is held because of its id; `owner` is the record whose place it takes, "" if none.

    Without a problem, the run deletes the owner on purpose and puts the file's record in its place.
    """

    path: str
    problem: Problem | None
    owner: Rid = ""


class Doubts:
    """Checks the ids in the files of one comparison."""

    def __init__(self, sides: ComparisonSides, rows: RemoteRows, rid_at: RidAt, deletes: Deletes) -> None:
        """`rows` is what the comparison has read. `deletes` tells which rows the run deletes on purpose."""
        self._kinds, self._memory, self._db = sides.kinds, sides.base.memory, sides.base.db
        self._base_side, self._ledger, self._rows = sides.base, sides.database.ledger, rows
        self._rid_at, self._deletes = rid_at, deletes
        self._remembers = self._memory.any_bases(self._db)

    def examined(self, entries: Iterable[FileEntry]) -> list[FileEntry]:
        """The files whose ids can be doubtful, parents before children."""
        if not self._rows.versions and not self._remembers:
            return []
        mine = [e for e in entries if self._kinds[e.kind].identified and e.digests is not None]
        return sorted(mine, key=lambda e: (e.path.count("/"), e.path))

    def unseen(self, entries: Iterable[FileEntry]) -> Mapping[str, set[Rid]]:
        """The ids, by kind, in these files of which the workspace has neither a row nor a saved base."""
        wanted: dict[str, set[Rid]] = {}
        for entry in entries:
            if entry.id and entry.id not in self._rows.versions and self._base(entry.id) is None:
                wanted.setdefault(entry.kind, set()).add(entry.id)
        return wanted

    def find(
        self, files: LocalState, entries: Iterable[FileEntry], away: Mapping[Rid, str]
    ) -> tuple[LocalState, list[Doubt]]:
        """The doubtful ones of these files, and the tree with those held that have a problem.

        `away` are the ids of other clients' rows, with their place in words.
        """
        found: list[Doubt] = []
        for entry in entries:
            if files.holds(entry.path):
                continue
            here = list(self._doubts(entry, files, away))
            for doubt in here:
                if doubt.problem is not None:
                    files = files.with_held(doubt.path, dirname(doubt.path) + "/", why=doubt.problem)
            found += here
        return self._one_for_all(files, found), found

    def _one_for_all(self, files: LocalState, found: list[Doubt]) -> LocalState:
        """Merge the messages if several files have a twin in the database: the tree is from elsewhere."""
        problems = [d.problem for d in found if d.problem is not None and d.problem.code == "other-id"]
        if len(problems) < 2:  # noqa: PLR2004
            return files
        folder = commonpath([dirname(p.path) for p in problems])
        first, kind = problems[0], self._kinds.children("")[0]
        message = f"{first.message}; so it is with {counted(len(problems) - 1, 'more file')} here"
        merged, known = replace(first, message=message, hint=adoption(folder, kind)), frozenset(problems)
        return replace(files, tree_problems=(*(p for p in files.tree_problems if p not in known), merged))

    def _doubts(self, entry: FileEntry, files: LocalState, away: Mapping[Rid, str]) -> Iterator[Doubt]:
        if entry.id is None:
            yield from self._lost(entry, files)
        elif entry.id in away:
            yield self._anothers(entry, away[entry.id])
        elif self._has_row(entry.id):
            yield from self._taken(entry)
        else:
            yield from self._unknown(entry, files)

    # --- kinds of doubt

    def _lost(self, entry: FileEntry, files: LocalState) -> Iterator[Doubt]:
        """A file without an id, while another file carries the id that it had: either may be the row."""
        for owner, sure in self._owners(entry, files).items():
            other = self._carrier(owner, entry.path)
            likely = sure or (self._base(owner) is None and self._says_the_same(entry, owner))
            if other is None or not likely:
                continue
            kind, copy = self._kinds[entry.kind], self._shown(other.path)
            here, there = lost(self._shown(entry.path), kind, owner, copy, self._line(other.path))
            yield Doubt(entry.path, here, owner)
            yield Doubt(other.path, there)
            return

    def _anothers(self, entry: FileEntry, where: str) -> Doubt:
        """A file with the id of another client's row."""
        of = f"{where}, in another client" if where else f"{a(entry.kind)} of another client"
        below = self._ids_below(entry.path)
        lines = f"lines in the copy ({below} more below it)" if below else "line in the copy"
        hint = f"delete the `id:` {lines}: it then becomes a new record; `studio copy` does that by itself"
        problem = Problem(
            self._shown(entry.path), self._line(entry.path), 1, "duplicate-id",
            f"id {entry.id} is that of {of}", hint,
        )  # fmt: skip
        return Doubt(entry.path, problem)

    def _taken(self, entry: FileEntry) -> Iterator[Doubt]:
        """A file with the id of another row of the workspace, whose content is that of its former row."""
        other = entry.id or ""
        kind = self._kind_of(other)
        for owner in self._remembered(entry):
            if not self._has_row(owner):
                continue
            if kind != entry.kind and self._carrier(owner, "") is None:
                yield self._mistyped(entry, owner, f"id {other} is that of {a(kind)}")
                return
            if self._says_the_same(entry, owner) and not self._says_the_same(entry, other):
                yield self._mistyped(entry, owner, f"id {other} is that of another {kind}")
                return

    def _unknown(self, entry: FileEntry, files: LocalState) -> Iterator[Doubt]:
        """A file with an id that no row has, at the place of a row without a file."""
        own = entry.id or ""
        for owner, sure in self._owners(entry, files).items():
            if owner == own or not self._has_row(owner) or self._carrier(owner, "") is not None:
                continue
            entered = own in self._ledger.latest([own])
            if sure or self._stood_at(owner, entry.path):
                if self._is_whole(entry.path, files) and self._deletes(entry.path, owner, own):
                    yield Doubt(entry.path, None, owner)
                    return
                message = (
                    f"id {own} is that of {a(entry.kind)} that was deleted"
                    if entered or self._base(own) is not None
                    else f"no row has the id {own}"
                )
                yield self._mistyped(entry, owner, message)
            elif not entered and (not numbered(self._kinds[entry.kind]) or self._named_alike(entry, owner)):
                yield self._other(entry, owner)
            else:
                continue
            return

    def _mistyped(self, entry: FileEntry, owner: Rid, message: str) -> Doubt:
        at = (self._shown(entry.path), self._line(entry.path))
        return Doubt(entry.path, mistyped(*at, entry.kind, message, owner), owner)

    def _other(self, entry: FileEntry, owner: Rid) -> Doubt:
        """A file with a twin in the database: the tree was exported from another database."""
        shown = self._shown(entry.path)
        below = self._ids_below(entry.path)
        more = f"; {below} more ids are below it" if below else ""
        problem = Problem(
            shown, self._line(entry.path), 1, "other-id",
            f"the database has this {entry.kind} with the id {owner}, and the file says {entry.id}{more}",
            adoption(self._shown(dirname(entry.path)), self._kinds[entry.kind]),
        )  # fmt: skip
        return Doubt(entry.path, problem, owner)

    # --- lookups

    def _owners(self, entry: FileEntry, files: LocalState) -> dict[Rid, bool]:
        """The records whose file may have been at this path; true if a saved base proves it."""
        found = dict.fromkeys(self._remembered(entry), True)
        parent = self._rid_at(entry.parent, files)
        if parent is not None:
            rid = self._places.get((parent, entry.kind, entry.slot))
            if rid is None and self._remembers:
                settled = self._memory.bases_where(
                    self._db, "parent = ? AND kind = ? AND slot = ?", parent, entry.kind, entry.slot
                )
                rid = next((b.version.rid for b in settled), None)
            if rid is not None:
                found.setdefault(rid, self._stood_at(rid, entry.path) if entry.id is None else False)
        return found

    def _remembered(self, entry: FileEntry) -> list[Rid]:
        """The records with a saved base at the file's path, other than the one whose id it carries."""
        if not self._remembers:
            return []
        known = self._memory.bases_where(self._db, "path = ? AND kind = ?", entry.path, entry.kind)
        return [b.version.rid for b in known if b.version.rid != entry.id]

    @cached_property
    def _places(self) -> Mapping[tuple[str, str, str], Rid]:
        rows = (v for v in self._rows.versions.values() if self._kinds[v.kind].identified)
        return {(v.parent, v.kind, v.slot): v.rid for v in rows}

    def _stood_at(self, rid: Rid, path: str) -> bool:
        """Whether git had a record's file at a path."""
        traces = self._base_side.resolver.traces
        if traces is None or not traces.ever_had(rid):
            return False
        return any(s is not None and s.path == path for s in traces.of_owner(rid, [path]).values())

    def _base(self, rid: Rid) -> Base | None:
        return self._rows.bases.get(rid) or (self._memory.base(self._db, rid) if self._remembers else None)

    def _has_row(self, rid: Rid) -> bool:
        if rid in self._rows.versions:
            return True
        base = self._base(rid)
        return base is not None and base.row_id not in self._rows.deleted

    def _kind_of(self, rid: Rid) -> str:
        row, base = self._rows.versions.get(rid), self._base(rid)
        return row.kind if row is not None else base.version.kind if base is not None else ""

    def _carrier(self, rid: Rid, but: str) -> FileEntry | None:
        """A file that carries this id, other than the one at the path `but`."""
        return next((e for e in self._memory.files_where("id = ?", rid) if e.path != but), None)

    def _states(self, entry: FileEntry, rid: Rid) -> Iterator[tuple[Kind, Version, Version]]:
        """A file's version, and a record's known versions, as if all were at the same place."""
        base, row = self._base(rid), self._rows.versions.get(rid)
        known = [v for v in (base.version if base else None, row) if v is not None]
        kept = [base.held] if base is not None and base.held else []
        for version in known:
            for data in (version.digests, *kept):
                mine = Version(rid, entry.kind, version.parent, version.slot, entry.digests or b"")
                there = Version(rid, entry.kind, version.parent, version.slot, data)
                yield self._kinds[entry.kind], mine, there

    def _says_the_same(self, entry: FileEntry, rid: Rid) -> bool:
        return any(agree(kind, mine, there) for kind, mine, there in self._states(entry, rid))

    def _named_alike(self, entry: FileEntry, rid: Rid) -> bool:
        """Whether file and record are equal in the fields that every record of the kind must have."""
        return any(
            all(
                field_digests(kind, mine)[f.name] == field_digests(kind, there)[f.name]
                for f in kind.fields
                if f.required
            )
            for kind, mine, there in self._states(entry, rid)
        )

    def _is_whole(self, path: str, files: LocalState) -> bool:
        """Whether a file and those below it have no errors, so that a push can create all of them."""
        folder = dirname(path) + "/"
        faulty = self._memory.files_where("problems IS NOT NULL")
        return not any(h.startswith(folder) for h in files.held) and not any(
            e.path.startswith(folder) and any(p.severity is Severity.ERROR for p in e.problems)
            for e in faulty
        )

    def _ids_below(self, path: str) -> int:
        folder = dirname(path) + "/"
        found = self._memory.files_where("id IS NOT NULL AND path <> ?", path)
        return sum(entry.path.startswith(folder) for entry in found)

    def _shown(self, path: str) -> str:
        return self._base_side.reader.prefix + path

    def _line(self, path: str) -> int:
        return line_of_id(self._base_side.reader.content, path)
