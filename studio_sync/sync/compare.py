"""Three sides brought together: which records differ, how, and which may not be touched."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from studio_sync.core.image import image
from studio_sync.core.kind import Kind, Kinds
from studio_sync.core.layout import Layout, key_of
from studio_sync.core.names import rank
from studio_sync.core.order import in_order
from studio_sync.core.problem import Problem, Severity
from studio_sync.core.reconcile import Delta, Standing, reconcile
from studio_sync.core.record import Rid, Version, rid_of
from studio_sync.core.value import ABSENT, DIGEST_SIZE
from studio_sync.database.rows import Row, Rows
from studio_sync.files.memory import Base, FileEntry, Memory
from studio_sync.sync.local import LocalState
from studio_sync.sync.spool import Spool

PROVISIONAL = "path:"
"""What the identity of a record begins with whose file carries no id yet."""


@dataclass(frozen=True, slots=True)
class RowFacts:
    """What is known of a row beside its version; `title` is what a new folder is named after."""

    row_id: bytes
    token: int | None
    updated_at: str = ""
    title: str = ""


@dataclass(slots=True)
class Comparison:
    """The outcome: every record that does not agree, in the order of the tree.

    `agreed` counts the records that do. `entries` and `facts` give the file and the row of a delta's
    record, by rid. `blocked` are problems that keep a delta from being written, by rid.
    """

    deltas: list[Delta] = field(default_factory=list)
    agreed: int = 0
    held: int = 0
    problems: list[Problem] = field(default_factory=list)
    blocked: dict[Rid, list[Problem]] = field(default_factory=dict)
    entries: dict[Rid, FileEntry] = field(default_factory=dict)
    facts: dict[Rid, RowFacts] = field(default_factory=dict)
    keys: dict[Rid, str] = field(default_factory=dict)
    paths: dict[Rid, str] = field(default_factory=dict)
    versions: dict[Rid, Version] = field(default_factory=dict)


class Comparer:
    """Compares what the memory and a database's rows say of one workspace."""

    def __init__(
        self,
        kinds: Kinds,
        layout: Layout,
        memory: Memory,
        db: int,
        rows: Rows,
        spool: Spool,
        local: LocalState,
        prefix: str,
        step: Callable[[int], None],
        secured: frozenset[str] = frozenset(),
    ) -> None:
        """`secured` names the tables of which row-level security may hide rows from this role."""
        self.layout = layout
        self._kinds, self._memory, self._db = kinds, memory, db
        self._rows, self._spool, self._local, self._prefix = rows, spool, local, prefix
        self._step, self._secured = step, secured
        self._matches: dict[str, Rid] = {}
        self._ids: dict[str, Rid] = {}
        self._disordered: dict[Rid, tuple[str, ...]] = {}
        self.out = Comparison()

    def compare(self, *, remember: bool = True) -> Comparison:
        """Find every record that differs. With `remember`, equal records become settled bases."""
        bases, remote, gone = self._remote()
        entries = self._entries(bases, remote)
        local = self._match(entries, bases, remote)
        for rid in {*local, *remote} - bases.keys():
            known = self._memory.base(self._db, rid) if self._any_bases else None
            if known is not None:
                bases[rid] = known
        settled: list[Base] = []
        forgotten: list[Rid] = []
        wanted = self._wanted(local, remote, bases, gone)
        for rid in {*bases, *local, *remote}:
            base = bases.get(rid)
            there = remote.get(rid)
            if there is None and base is not None and base.row_id not in gone:
                there = base.version
                self.out.facts.setdefault(rid, RowFacts(base.row_id, base.token))
            here = local.get(rid)
            if here is None and base is not None and self._local.holds(base.path):
                self.out.held += 1
                continue
            some = here or there or (base.version if base else None)
            if some is None:
                continue
            kind = self._kinds[some.kind]
            if there is None and base is not None and kind.table in self._secured:
                self._hidden(kind)
                continue
            delta = reconcile(
                kind, base.version if base else None, here, there, wanted=wanted.get(some.parent, ())
            )
            if delta.standing is Standing.AGREED:
                facts = self.out.facts.get(rid)
                if there is None:
                    forgotten.append(rid)
                elif facts is not None:
                    entry = self.out.entries.get(rid)
                    path = entry.path if entry else base.path if base else ""
                    settled.append(Base(there, path, facts.row_id, facts.token, settled=True))
                    self.out.agreed += 1
                continue
            self.out.deltas.append(delta)
        if remember and (settled or forgotten):
            with self._memory.changing():
                self._memory.put_bases(self._db, settled)
                self._memory.drop_bases(self._db, forgotten)
        differing = sum(1 for d in self.out.deltas if (b := bases.get(d.rid)) and b.settled)
        new = 0 if remember else self.out.agreed
        self.out.agreed = self._memory.count_settled(self._db) - differing + new
        self._place()
        self._block()
        return self.out

    def _hidden(self, kind: Kind) -> None:
        """A row is missing, and row-level security may be why: absence proves nothing."""
        self.out.held += 1
        self.out.problems.append(
            Problem(
                kind.table,
                0,
                0,
                "hidden-rows",
                f"rows of {kind.table} are missing, and row-level security may hide them from this role",
                f"nothing is deleted on that evidence; ask for a policy that lets the role read {kind.table}",
                Severity.WARNING,
            )
        )

    # --- the database's side

    def _remote(self) -> tuple[dict[Rid, Base], dict[Rid, Version], set[bytes]]:
        """Bases of interest, versions of the rows that may have changed, and ids of rows that are gone."""
        known = self._memory.tokens(self._db)
        self._any_bases = bool(known)
        tokens = self._rows.tokens()
        everything = set().union(*tokens.values()) if tokens else set()
        bases = {b.version.rid: b for b in self._memory.bases_where(self._db, "settled = 0")}
        remote: dict[Rid, Version] = {}
        gone: set[bytes] = set()
        if everything != known:
            present = {own for own, _ in everything}
            gone = {own for own, _ in known if own not in present}
            changed = {own for own, _ in everything - known}
            for chunk in _chunks(sorted(gone | (changed if known else set())), 500):
                marks = ",".join("?" * len(chunk))
                for base in self._memory.bases_where(self._db, f"row_id IN ({marks})", *chunk):
                    bases[base.version.rid] = base
            for kind in self._kinds:
                all_of_them = tokens[kind.name]
                ids = {own for own, _ in all_of_them if own in changed}
                if not ids:
                    continue
                for row in self._rows.read(kind, None if len(ids) == len(all_of_them) else ids):
                    self._take(row, remote)
                    self._step(1)
        return bases, remote, gone

    def fetch(self, deltas: Iterable[Delta]) -> None:
        """Read the rows of these records whose contents were not needed for comparing."""
        wanted: dict[str, set[bytes]] = {}
        for delta in deltas:
            if delta.remote is not None and f"row:{delta.rid}" not in self._spool:
                wanted.setdefault(delta.kind.name, set()).add(self.out.facts[delta.rid].row_id)
        for name, ids in wanted.items():
            for row in self._rows.read(self._kinds[name], ids):
                if row.values is not None:
                    self._spool.put(f"row:{row.rid}", image(row.kind, row.values))

    def _take(self, row: Row, remote: dict[Rid, Version]) -> None:
        rid = row.rid
        title = ""
        if row.values is None:
            self.out.blocked.setdefault(rid, []).append(
                Problem(row.kind.table, 0, 0, "unreadable-row", f"row {row.id}: {row.fault}", "")
            )
            return
        if row.kind.slot and row.kind.slot.title:
            title = str(row.values[row.kind.slot.title] or "")
        remote[rid] = row.version()
        self._spool.put(f"row:{rid}", image(row.kind, row.values))
        self.out.facts[rid] = RowFacts(UUID(row.id).bytes, row.token, row.updated_at, title)

    # --- the files' side

    def _entries(self, bases: dict[Rid, Base], remote: dict[Rid, Version]) -> dict[str, FileEntry]:
        """The files of interest by path: those not settled, and those of the bases of interest."""
        memory = self._memory
        everything = memory.count_files()
        unsettled = (
            memory.unsettled_files(self._db) if everything != memory.count_settled(self._db) or bases else []
        )
        paths = {*unsettled, *(b.path for b in bases.values())}
        if len(paths) > everything // 2:
            found = {e.path: e for e in memory.files_where("kind <> ''")}
            return {p: e for p, e in found.items() if p in paths}
        entries: dict[str, FileEntry] = {}
        for chunk in _chunks(sorted(paths), 500):
            marks = ",".join("?" * len(chunk))
            for entry in memory.files_where(f"path IN ({marks}) AND kind <> ''", *chunk):
                entries[entry.path] = entry
        return entries

    def _match(
        self, entries: dict[str, FileEntry], bases: dict[Rid, Base], remote: dict[Rid, Version]
    ) -> dict[Rid, Version]:
        """Find which record each file is; parents before children."""
        places: dict[tuple[str, str, str], Rid] = {
            (v.parent, v.kind, v.slot): v.rid for v in remote.values() if self._kinds[v.kind].identified
        }
        versions: dict[Rid, Version] = {}
        repeated = {p for _, paths in self._memory.repeated_ids() for p in paths}
        for path in sorted(entries, key=lambda p: (p.count("/"), p)):
            entry = entries[path]
            if entry.digests is None or self._local.holds(path):
                self.out.held += 1
                continue
            kind = self._kinds[entry.kind]
            parent = self._rid_at(entry.parent)
            if parent is None:
                continue
            own = entry.id or ""
            if kind.identified and not own:
                own = self._by_place(entry, kind, parent, places, bases, remote)
            rid = rid_of(kind, own, parent, entry.slot)
            self._ids[path] = rid
            if path in repeated:
                self._copied(rid, entry, versions)
                if rid in versions:
                    continue
            if rid in versions:
                self.out.blocked.setdefault(rid, []).append(
                    Problem(
                        self._prefix + path,
                        0,
                        0,
                        "duplicate-place",
                        f"{self.out.entries[rid].path} stands in the same place",
                        "rename or remove one of the two",
                    )
                )
                continue
            versions[rid] = Version(rid, kind.name, parent, entry.slot, entry.digests)
            self.out.entries[rid] = entry
        return versions

    def _copied(self, rid: Rid, entry: FileEntry, versions: dict[Rid, Version]) -> None:
        self.out.blocked.setdefault(rid, []).append(
            Problem(
                self._prefix + entry.path,
                0,
                0,
                "duplicate-id",
                "this file has the same id as another one",
                "delete the `id:` line in the copy: it then becomes a new record",
            )
        )

    def _rid_at(self, path: str) -> Rid | None:
        """The identity of the record whose own file is at `path`; "" for the top."""
        if not path:
            return ""
        if path not in self._ids:
            entry = self._memory.file(path)
            if entry is None or entry.digests is None or self._local.holds(path):
                return None
            own = entry.id
            if not own:
                known = self._memory.bases_where(self._db, "path = ?", path)
                own = known[0].version.rid if known else PROVISIONAL + path
            self._ids[path] = own
        return self._ids[path]

    def _by_place(
        self,
        entry: FileEntry,
        kind: Kind,
        parent: Rid,
        places: dict[tuple[str, str, str], Rid],
        bases: dict[Rid, Base],
        remote: dict[Rid, Version],
    ) -> Rid:
        """Which record a file without an id is: the one that base says, or one that says the same."""
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
            if agree:
                return rid
        return PROVISIONAL + entry.path

    # --- order

    def _wanted(
        self,
        local: dict[Rid, Version],
        remote: dict[Rid, Version],
        bases: dict[Rid, Base],
        gone: set[bytes],
    ) -> dict[Rid, tuple[str, ...]]:
        """For each parent whose rows don't stand in the order of their numbers, the field to write.

        All records below such a parent become of interest: their files should say it, too.
        """
        wanted = self._disordered
        for kind in self._kinds:
            if kind.order is None:
                continue
            parents = {
                v.parent
                for v in (*local.values(), *remote.values())
                if v.kind == kind.name and not v.parent.startswith(PROVISIONAL)
            }
            for parent, rows in self._rows.siblings(kind, parents).items():
                if in_order([(slot, order) for _, slot, order in rows]):
                    continue
                wanted[parent] = (kind.order.name,)
                for own, _, _ in rows:
                    if own in local or own in remote:
                        continue
                    base = self._memory.base(self._db, own)
                    entry = self._memory.file(base.path) if base else None
                    if base is None or entry is None or entry.digests is None:
                        continue
                    bases[own] = base
                    self.out.entries[own] = entry
                    local[own] = Version(own, kind.name, parent, entry.slot, entry.digests)
        return wanted

    def out_of_order(self, parent: Rid) -> bool:
        """Whether the rows below `parent` don't stand in the order of their numbers."""
        return parent in self._disordered

    # --- places

    def _place(self) -> None:
        """Give every delta its key and its path, and put them in the order of the tree."""
        out = self.out
        for delta in out.deltas:
            for version in (delta.base, delta.remote, delta.local):
                if version is not None:
                    out.versions[version.rid] = version
        for delta in out.deltas:
            out.keys[delta.rid] = self.key(delta.rid)
            out.paths[delta.rid] = self.path(delta.rid)
        ranks = {kind.name: i for i, kind in enumerate(self._kinds)}
        out.deltas.sort(key=lambda d: _tree_order(out.paths[d.rid], ranks[d.kind.name]))

    def version(self, rid: Rid) -> Version | None:
        """Some version of a record, the local one before others; None if nothing is known of it."""
        found = self.out.versions.get(rid)
        if found is None:
            base = self._memory.base(self._db, rid)
            if base is not None:
                self.out.versions[rid] = found = base.version
                self.out.paths.setdefault(rid, base.path)
        return found

    def key(self, rid: Rid) -> str:
        """The natural key of a record, from the top."""
        known = self.out.keys.get(rid)
        if known is not None:
            return known
        version = self.version(rid)
        if version is None:
            return rid
        kind = self._kinds[version.kind]
        key = key_of(kind, self.key(version.parent) if version.parent else "", version.slot)
        self.out.keys[rid] = key
        return key

    def path(self, rid: Rid) -> str:
        """Where a record's file stands, or where a pull would put it."""
        known = self.out.paths.get(rid)
        if known is not None:
            return known
        entry = self.out.entries.get(rid)
        version = self.version(rid)
        if entry is not None:
            path = entry.path
        elif rid in self.out.paths:
            path = self.out.paths[rid]
        elif version is None:
            path = ""
        else:
            base = self._memory.base(self._db, rid)
            if base is not None:
                path = base.path
            else:
                above = self.path(version.parent) if version.parent else ""
                facts = self.out.facts.get(rid)
                title = facts.title if facts else ""
                path = self.layout.path(self._kinds[version.kind], above, version.slot, title)
        self.out.paths[rid] = path
        return path

    # --- what may not be written

    def _block(self) -> None:
        """Note which deltas must stay as they are: copies, collisions, places that a file holds."""
        out = self.out
        out.problems += self._local.tree_problems
        kept = []
        for delta in out.deltas:
            path = out.paths[delta.rid]
            entry = out.entries.get(delta.rid)
            if entry is not None:
                errors = [p for p in entry.problems if p.severity is Severity.ERROR]
                if errors:
                    out.blocked.setdefault(delta.rid, []).extend(errors)
            if delta.local is None and self._local.holds(path):
                out.held += 1
                continue
            kept.append(delta)
        out.deltas = kept
        self._collisions()

    def _collisions(self) -> None:
        """A place that another row keeps is a collision, never a merge."""
        leaving = {
            d.rid
            for d in self.out.deltas
            if d.local is None or (d.remote is not None and _where(d.local) != _where(d.remote))
        }
        held: dict[tuple[str, str, str], Rid] = {}
        for delta in self.out.deltas:
            if delta.remote is not None:
                held[_where(delta.remote)] = delta.rid
        for delta in self.out.deltas:
            mine = delta.local
            if mine is None or not delta.kind.identified or delta.standing is not Standing.AHEAD:
                continue
            if delta.remote is not None and _where(delta.remote) == _where(mine):
                continue
            holder = held.get(_where(mine))
            if holder is None:
                found = self._memory.bases_where(
                    self._db, "parent = ? AND kind = ? AND slot = ?", mine.parent, mine.kind, mine.slot
                )
                holder = found[0].version.rid if found else None
            if holder is None or holder == delta.rid or holder in leaving:
                continue
            column = delta.kind.slot.column if delta.kind.slot else "place"
            self.out.blocked.setdefault(delta.rid, []).append(
                Problem(
                    self._prefix + self.out.paths[delta.rid],
                    0,
                    0,
                    "collision",
                    f"{column} {mine.slot} is another {delta.kind.name}'s in the database",
                    f"give this one its own {column} with `studio mv`, or by renaming its folder; then push",
                )
            )


def _where(version: Version) -> tuple[str, str, str]:
    return (version.parent, version.kind, version.slot)


def _tree_order(path: str, kind: int) -> tuple[object, ...]:
    """A sort key: what a folder holds itself before the folders in it, numbers by their worth."""
    folder, _, name = path.rpartition("/")
    return (*[rank(part) for part in folder.split("/")], ((-1, kind, ""),), rank(name))


def _chunks(items: Sequence[bytes] | Sequence[str] | list[bytes], size: int) -> Iterable[list[object]]:
    for start in range(0, len(items), size):
        yield list(items[start : start + size])
