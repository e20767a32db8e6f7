"""Matching files to records: which files are of interest, and which record each of them is.

A renamed or moved file is known by its id, or by its place: there is no rename detection by content.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from posixpath import dirname

from studio_sync.core.values.bounds import chunks
from studio_sync.core.values.kind import Kind
from studio_sync.core.values.phrases import a
from studio_sync.core.values.problem import Problem
from studio_sync.core.values.record import Rid, Version, rid_of
from studio_sync.core.values.value import ABSENT, DIGEST_SIZE
from studio_sync.files.memory.entries import Base, FileEntry
from studio_sync.sync.compare.comparison import PROVISIONAL
from studio_sync.sync.compare.sides import ComparisonSides
from studio_sync.sync.read.local_state import LocalState


@dataclass(frozen=True, slots=True)
class Matched:
    """The versions and files of matched records, and the problems of files at an already taken place.

    `files`: the tree with what is held because its record is not known.
    """

    versions: Mapping[Rid, Version]
    entries: Mapping[Rid, FileEntry]
    twins: Mapping[Rid, Sequence[Problem]]
    files: LocalState


class Matcher:
    """Matches files to records: by the id that they carry, otherwise by their place."""

    def __init__(self, sides: ComparisonSides) -> None:
        self._kinds, self._memory, self._db = sides.kinds, sides.base.memory, sides.base.db
        self._base, self._prefix, self._layout = sides.base, sides.files.prefix, sides.files.layout
        self._ids: dict[str, Rid] = {}
        self._held: Mapping[Rid, str] | None = None
        self._remembers = True

    def entries(self, bases: Mapping[Rid, Base]) -> dict[str, FileEntry]:
        """The files of interest by path: those that are not settled, and those of the bases of interest."""
        memory = self._memory
        paths = {*memory.unsettled_files(self._db), *(b.path for b in bases.values())}
        if paths and len(paths) > memory.count_files() // 2:
            found = {e.path: e for e in memory.files_where("kind <> ''")}
            return {p: e for p, e in found.items() if p in paths}
        entries: dict[str, FileEntry] = {}
        for chunk in chunks(sorted(paths), 500):
            marks = ",".join("?" * len(chunk))
            for entry in memory.files_where(f"path IN ({marks}) AND kind <> ''", *chunk):
                entries[entry.path] = entry
        return entries

    def match(
        self,
        entries: Mapping[str, FileEntry],
        bases: Mapping[Rid, Base],
        remote: Mapping[Rid, Version],
        files: LocalState,
    ) -> Matched:
        """Match each file to a record; parents before children."""
        places: dict[tuple[str, str, str], Rid] = {
            (v.parent, v.kind, v.slot): v.rid for v in remote.values() if self._kinds[v.kind].identified
        }
        versions: dict[Rid, Version] = {}
        found: dict[Rid, FileEntry] = {}
        twins: dict[Rid, list[Problem]] = {}
        self._remembers = self._memory.any_bases(self._db)
        # The file that makes a folder a record's comes before the files beside it.
        for path in sorted(entries, key=lambda p: (p.count("/"), not self._kinds[entries[p].kind].folder, p)):
            entry = entries[path]
            if entry.digests is None or files.holds(path):
                continue
            kind = self._kinds[entry.kind]
            parent = self.rid_at(entry.parent, files)
            if parent is None:
                continue
            own = entry.id or ""
            if kind.identified and not own:
                own = self._by_place(entry, kind, parent, places, remote)
            rid = rid_of(kind, own, parent, entry.slot)
            if entry.id and (other := self._anothers(rid, entry, bases, remote)):
                files = files.with_held(path, dirname(path) + "/", why=other)
                continue
            self._ids[path] = rid
            if rid in versions:
                message = f"{self._prefix}{found[rid].path} has the same place"
                hint = "rename or remove one of the two"
                twin = Problem(self._prefix + path, 0, 0, "duplicate-place", message, hint)
                twins.setdefault(rid, []).append(twin)
                # Also if the first file agrees with its row: the second one may differ.
                files = files.with_held(why=twin)
                continue
            versions[rid] = Version(rid, kind.name, parent, entry.slot, entry.digests)
            found[rid] = entry
        return Matched(versions, found, twins, files)

    def _anothers(
        self, rid: Rid, entry: FileEntry, bases: Mapping[Rid, Base], remote: Mapping[Rid, Version]
    ) -> Problem | None:
        """The problem of a file that carries the id of another kind's record; None if it doesn't."""
        base = bases.get(rid) or (self._memory.base(self._db, rid) if self._remembers else None)
        owner = remote.get(rid) or (base.version if base else None)
        if owner is None or owner.kind == entry.kind:
            return None
        message = f"id {rid} is that of {a(owner.kind)}"
        hint = "delete the `id:` line: the file then becomes a new record"
        return Problem(self._prefix + entry.path, 0, 0, "duplicate-id", message, hint)

    def rid_at(self, path: str, files: LocalState) -> Rid | None:
        """The identity of the record whose own file is at `path`; "" for the top, None if unknown or held."""
        if not path:
            return ""
        if path not in self._ids:
            entry = self._memory.file(path)
            if entry is None or entry.digests is None or files.holds(path):
                return None
            own = entry.id
            if not own:
                known = self._memory.bases_where(self._db, "path = ?", path)
                own = known[0].version.rid if known else PROVISIONAL + path
            self._ids[path] = own
        return self._ids[path]

    def held_at(self, rid: Rid, version_of: Callable[[Rid], Version | None], files: LocalState) -> str:
        """The held path at which a record without a matched file may have one after all; "" if none.

        Its id, or that of an ancestor, is in a held file (a copy, a folder whose name spells no place, or a
        file that can't be read), or was in the own file that a held folder has no more.
        """
        if self._held is None:
            self._held = self._held_in(files)
        while self._held and rid:
            if rid in self._held:
                return self._held[rid]
            version = version_of(rid)
            rid = version.parent if version else ""
        return ""

    def _held_in(self, files: LocalState) -> Mapping[Rid, str]:
        """The records that held files may be, as far as an id tells, with the path that is held."""
        if not files.held:
            return {}
        named = {e.path: e.id for e in self._memory.files_where("id IS NOT NULL") if e.id}
        return {
            **self._in_unnamed(named, files),
            **{own: path for path, own in named.items() if files.holds(path)},
        }

    def _in_unnamed(self, named: Mapping[str, Rid], files: LocalState) -> dict[Rid, str]:
        """What held folders may have, whose own file says no id: git may know which record they were.

        `named` are the ids in files. Of a record with a file elsewhere a folder has what is still in it.
        """
        folders = [path for path in files.held if path.endswith("/")]
        unnamed = [(f, f + own) for f in folders for own in self._layout.own_files if f + own not in named]
        traces, elsewhere = self._base.resolver.traces if unnamed else None, {*named.values()}
        found: dict[Rid, str] = {}
        if traces is None:
            return found
        for folder, path in unnamed:
            kinds = [(e, self._kinds[e.kind]) for e in self._memory.files_where("parent = ?", path)]
            for owner in traces.ids_at(path):
                if owner in elsewhere:
                    found |= {rid_of(k, "", owner, e.slot): e.path for e, k in kinds if not k.identified}
                else:
                    found[owner] = folder
        return found

    def _by_place(
        self,
        entry: FileEntry,
        kind: Kind,
        parent: Rid,
        places: Mapping[tuple[str, str, str], Rid],
        remote: Mapping[Rid, Version],
    ) -> Rid:
        """Match a file without an id: to the record of its base, else to an equal row at its place."""
        if self._remembers:  # else, as before a first push, asking for each of these files is in vain
            known = self._memory.bases_where(self._db, "path = ? AND kind = ?", entry.path, kind.name)
            if known:
                return known[0].version.rid
        rid = places.get((parent, kind.name, entry.slot))
        if rid is not None and entry.digests is not None:
            theirs = remote[rid].digests
            mine = entry.digests
            agree = all(
                mine[i : i + DIGEST_SIZE] in (ABSENT, theirs[i : i + DIGEST_SIZE])
                for i in range(0, len(mine), DIGEST_SIZE)
            )
            # A row whose id another file carries is that file's, even if this one has taken its place.
            if agree and not self._memory.files_where("id = ?", rid):
                return rid
        return PROVISIONAL + entry.path
