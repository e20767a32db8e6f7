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
from studio_sync.core.values.kind import Kind, Kinds
from studio_sync.core.values.numbering import numbered
from studio_sync.core.values.phrases import a, counted
from studio_sync.core.values.problem import Problem, Severity
from studio_sync.core.values.record import Rid, Version, field_digests
from studio_sync.files.memory.entries import Base, FileEntry
from studio_sync.files.memory.memory import Memory
from studio_sync.sync.identity.doubt import Doubt, Sources
from studio_sync.sync.read.id_line import adoption, line_of_id, lost, mistyped
from studio_sync.sync.read.local import LocalState
from studio_sync.sync.read.reader import Reader


@dataclass(frozen=True)
class Doubts:
    """Checks the ids in the files of one comparison.

    `bases` and `remote` are what the comparison has read: bases where something may differ, and rows that
    may have changed. `deleted` are the ids of rows that no longer exist.
    """

    kinds: Kinds
    memory: Memory
    db: int
    local: LocalState
    reader: Reader
    bases: Mapping[Rid, Base]
    remote: Mapping[Rid, Version]
    deleted: frozenset[bytes]
    sources: Sources

    def find(self, entries: Iterable[FileEntry], rid_at: Callable[[str], Rid | None]) -> list[Doubt]:
        """Find the doubtful files, parents before children; those with a problem are held from now on."""
        if not self.remote and not self._remembers:
            return []
        mine = [e for e in entries if self.kinds[e.kind].identified and e.digests is not None]
        mine.sort(key=lambda e: (e.path.count("/"), e.path))
        away = self._away(mine)
        found: list[Doubt] = []
        for entry in mine:
            if self.local.holds(entry.path):
                continue
            here = list(self._doubts(entry, rid_at, away))
            for doubt in here:
                if doubt.problem is None:
                    continue
                self.local.hold(doubt.path, dirname(doubt.path) + "/", why=doubt.problem)
            found += here
        self._one_for_all(found)
        return found

    def _one_for_all(self, found: list[Doubt]) -> None:
        """Merge the messages if several files have a twin in the database: the tree is from elsewhere."""
        problems = [d.problem for d in found if d.problem is not None and d.problem.code == "other-id"]
        if len(problems) < 2:  # noqa: PLR2004
            return
        folder = commonpath([dirname(p.path) for p in problems])
        first, kind = problems[0], self.kinds.children("")[0]
        message = f"{first.message}; so it is with {counted(len(problems) - 1, 'more file')} here"
        for problem in problems:
            self.local.tree_problems.remove(problem)
        self.local.tree_problems.append(replace(first, message=message, hint=adoption(folder, kind)))

    @cached_property
    def _remembers(self) -> bool:
        return self.memory.any_bases(self.db)

    def _away(self, entries: Iterable[FileEntry]) -> Mapping[Rid, str]:
        """Ids of rows outside the workspace that have no saved base."""
        wanted: dict[str, set[Rid]] = {}
        for entry in entries:
            if entry.id and entry.id not in self.remote and self._base(entry.id) is None:
                wanted.setdefault(entry.kind, set()).add(entry.id)
        return self.sources.away(wanted) if wanted else {}

    def _doubts(
        self, entry: FileEntry, rid_at: Callable[[str], Rid | None], away: Mapping[Rid, str]
    ) -> Iterator[Doubt]:
        if entry.id is None:
            yield from self._lost(entry, rid_at)
        elif entry.id in away:
            yield self._anothers(entry, away[entry.id])
        elif self._has_row(entry.id):
            yield from self._taken(entry)
        else:
            yield from self._unknown(entry, rid_at)

    # --- kinds of doubt

    def _lost(self, entry: FileEntry, rid_at: Callable[[str], Rid | None]) -> Iterator[Doubt]:
        """A file without an id, while another file carries the id that it had: either may be the row."""
        for owner, sure in self._owners(entry, rid_at).items():
            other = self._carrier(owner, entry.path)
            likely = sure or (self._base(owner) is None and self._says_the_same(entry, owner))
            if other is None or not likely:
                continue
            kind, copy = self.kinds[entry.kind], self._shown(other.path)
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

    def _unknown(self, entry: FileEntry, rid_at: Callable[[str], Rid | None]) -> Iterator[Doubt]:
        """A file with an id that no row has, at the place of a row without a file."""
        own = entry.id or ""
        for owner, sure in self._owners(entry, rid_at).items():
            if owner == own or not self._has_row(owner) or self._carrier(owner, "") is not None:
                continue
            entered = own in self.sources.entered([own])
            if sure or self.sources.stood_at(owner, entry.path):
                if self._is_whole(entry.path) and self.sources.deletes(entry.path, owner, own):
                    yield Doubt(entry.path, None, owner)
                    return
                message = (
                    f"id {own} is that of {a(entry.kind)} that was deleted"
                    if entered or self._base(own) is not None
                    else f"no row has the id {own}"
                )
                yield self._mistyped(entry, owner, message)
            elif not entered and (not numbered(self.kinds[entry.kind]) or self._named_alike(entry, owner)):
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
            adoption(self._shown(dirname(entry.path)), self.kinds[entry.kind]),
        )  # fmt: skip
        return Doubt(entry.path, problem, owner)

    # --- lookups

    def _owners(self, entry: FileEntry, rid_at: Callable[[str], Rid | None]) -> dict[Rid, bool]:
        """The records whose file may have been at this path; true if a saved base proves it."""
        found = dict.fromkeys(self._remembered(entry), True)
        parent = rid_at(entry.parent)
        if parent is not None:
            rid = self._places.get((parent, entry.kind, entry.slot))
            if rid is None and self._remembers:
                settled = self.memory.bases_where(
                    self.db, "parent = ? AND kind = ? AND slot = ?", parent, entry.kind, entry.slot
                )
                rid = next((b.version.rid for b in settled), None)
            if rid is not None:
                found.setdefault(rid, self.sources.stood_at(rid, entry.path) if entry.id is None else False)
        return found

    def _remembered(self, entry: FileEntry) -> list[Rid]:
        """The records with a saved base at the file's path, other than the one whose id it carries."""
        if not self._remembers:
            return []
        known = self.memory.bases_where(self.db, "path = ? AND kind = ?", entry.path, entry.kind)
        return [b.version.rid for b in known if b.version.rid != entry.id]

    @cached_property
    def _places(self) -> Mapping[tuple[str, str, str], Rid]:
        rows = (v for v in self.remote.values() if self.kinds[v.kind].identified)
        return {(v.parent, v.kind, v.slot): v.rid for v in rows}

    def _base(self, rid: Rid) -> Base | None:
        return self.bases.get(rid) or (self.memory.base(self.db, rid) if self._remembers else None)

    def _has_row(self, rid: Rid) -> bool:
        if rid in self.remote:
            return True
        base = self._base(rid)
        return base is not None and base.row_id not in self.deleted

    def _kind_of(self, rid: Rid) -> str:
        row, base = self.remote.get(rid), self._base(rid)
        return row.kind if row is not None else base.version.kind if base is not None else ""

    def _carrier(self, rid: Rid, but: str) -> FileEntry | None:
        """A file that carries this id, other than the one at the path `but`."""
        return next((e for e in self.memory.files_where("id = ?", rid) if e.path != but), None)

    def _states(self, entry: FileEntry, rid: Rid) -> Iterator[tuple[Kind, Version, Version]]:
        """A file's version, and a record's known versions, as if all were at the same place."""
        base, row = self._base(rid), self.remote.get(rid)
        known = [v for v in (base.version if base else None, row) if v is not None]
        kept = [base.held] if base is not None and base.held else []
        for version in known:
            for data in (version.digests, *kept):
                mine = Version(rid, entry.kind, version.parent, version.slot, entry.digests or b"")
                there = Version(rid, entry.kind, version.parent, version.slot, data)
                yield self.kinds[entry.kind], mine, there

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

    def _is_whole(self, path: str) -> bool:
        """Whether a file and those below it have no errors, so that a push can create all of them."""
        folder = dirname(path) + "/"
        faulty = self.memory.files_where("problems IS NOT NULL")
        return not any(h.startswith(folder) for h in self.local.held) and not any(
            e.path.startswith(folder) and any(p.severity is Severity.ERROR for p in e.problems)
            for e in faulty
        )

    def _ids_below(self, path: str) -> int:
        folder = dirname(path) + "/"
        found = self.memory.files_where("id IS NOT NULL AND path <> ?", path)
        return sum(entry.path.startswith(folder) for entry in found)

    def _shown(self, path: str) -> str:
        return self.reader.prefix + path

    def _line(self, path: str) -> int:
        return line_of_id(self.reader.content, path)
