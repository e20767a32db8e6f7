"""Rows that moved out of the workspace's view: to another client, or their client was renamed.

Their files stay as they are, with everything below them, until somebody decides.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from posixpath import dirname

from studio_sync.core.plan.reconcile import agree
from studio_sync.core.values.problem import Problem, Severity
from studio_sync.core.values.record import Rid, Version
from studio_sync.database.values.row import Whereabouts, uuid_text
from studio_sync.files.memory.entries import Base, FileEntry
from studio_sync.sync.compare.sides import ComparisonSides
from studio_sync.sync.read.local_state import LocalState


@dataclass(frozen=True)
class Elsewhere:
    """Finds the files of one comparison whose rows are elsewhere, and holds them."""

    sides: ComparisonSides

    def with_bases(self, files: LocalState, bases: Iterable[Base], deleted: Collection[bytes]) -> LocalState:
        """The tree with the files held of rows with a saved base that are now elsewhere."""
        if not deleted or not self._may_be():
            return files
        lost = [b for b in bases if b.row_id in deleted and self._counts(b, files)]
        wanted: dict[str, set[str]] = {}
        for base in lost:
            wanted.setdefault(base.version.kind, set()).add(uuid_text(base.row_id))
        found = self._find(wanted)
        kinds = self.sides.kinds
        lost.sort(key=lambda b: (not kinds[b.version.kind].folder, b.path.count("/"), b.path))
        for base in lost:
            own = uuid_text(base.row_id)
            if own in found:
                files = self._with(files, base.version.kind, base.path, found[own], own)
        return files

    def with_ids(
        self, files: LocalState, wanted: Mapping[str, Collection[Rid]], entries: Iterable[FileEntry]
    ) -> tuple[LocalState, Mapping[Rid, str]]:
        """The tree with the files held whose ids, some of `wanted`, are of rows that left their client.

        Those of other clients' rows are returned with their place in words, "" if the role may not know.
        """
        found = self._find(wanted)
        ledger, grants = self.sides.database.ledger, self.sides.database.visibility.grants
        tops = ledger.former_tops(found) if found and ledger.readable else {}
        theirs: dict[Rid, str] = {}
        for entry in sorted(entries, key=lambda e: (e.path.count("/"), e.path)) if found else ():
            if entry.id not in found:
                continue
            top, where = self._top_of(entry), found[entry.id]
            if grants is not None and top not in grants.levels:
                continue  # the folder of a client that the role was not granted: not compared
            if top in tops.get(entry.id, ()):
                files = self._with(files, entry.kind, entry.path, where, entry.id)
            else:
                theirs[entry.id] = where.key if where is not None else ""
        return files, theirs

    def _may_be(self) -> bool:
        """Whether a row can exist outside the workspace's view."""
        return self.sides.database.bounded or self.sides.database.visibility.grants is not None

    def _find(self, wanted: Mapping[str, Collection[str]]) -> dict[str, Whereabouts | None]:
        """Those of the rows, given as ids by kind, that exist; None: this role may not know where."""
        found: dict[str, Whereabouts | None] = {}
        visibility = self.sides.database.visibility
        for name, ids in wanted.items() if self._may_be() else ():
            kind = self.sides.kinds[name]
            places = visibility.store.tree.whereabouts(kind, ids)
            found |= places
            unseen = set(ids) - places.keys()
            if unseen and visibility.grants is not None:
                access = visibility.store.access
                theirs = access.anywhere(kind, unseen) - access.present(kind, unseen)
                found |= dict.fromkeys(theirs)
        return found

    def _with(
        self, files: LocalState, name: str, path: str, where: Whereabouts | None, own: str
    ) -> LocalState:
        """Hold a record's file and everything below, because its row is `where`; `own` is the row's id."""
        if files.holds(path):
            return files
        folder, prefix = (
            f"{dirname(path)}/" if self.sides.kinds[name].folder else path,
            self.sides.files.prefix,
        )
        edited = any(self._edits(folder))
        severity = Severity.ERROR if edited else Severity.WARNING
        renamed = where is not None and where.top == own
        words = _message(name, prefix + dirname(path), where, renamed=renamed, edited=edited)
        problem = Problem(prefix + path, 0, 0, "elsewhere", *words, severity)
        return files.with_held(path, folder, why=problem)

    def _counts(self, base: Base, files: LocalState) -> bool:
        """Whether a base is of an existing file, below a client that the role was granted."""
        if self.sides.base.memory.file(base.path) is None or files.outside(base.path):
            return False
        grants = self.sides.database.visibility.grants
        return grants is None or self._top(base.version) in grants.levels

    def _top(self, version: Version) -> Rid:
        """The topmost ancestor of a version, by the saved bases."""
        chain: list[Rid] = []
        rid, parent = version.rid, version.parent
        while parent and parent not in chain:
            chain.append(rid)
            base = self.sides.base.memory.base(self.sides.base.db, parent)
            rid, parent = parent, base.version.parent if base else ""
        return rid

    def _top_of(self, entry: FileEntry) -> Rid:
        """The id in the topmost file above a file, or its own."""
        while entry.parent:
            above = self.sides.base.memory.file(entry.parent)
            if above is None:
                return ""
            entry = above
        return entry.id or ""

    def _edits(self, folder: str) -> Iterator[FileEntry]:
        """The files at or below a folder that have edits since their saved base."""
        below = "path = ? OR path LIKE ? ESCAPE '\\'"
        escaped = folder.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        memory, db = self.sides.base.memory, self.sides.base.db
        for entry in memory.files_where(f"({below}) AND kind <> ''", folder, f"{escaped}%"):
            known = memory.bases_where(db, "path = ? AND kind = ?", entry.path, entry.kind)
            if entry.digests is not None and not any(self._same(entry, base) for base in known):
                yield entry

    def _same(self, entry: FileEntry, base: Base) -> bool:
        v = base.version
        here = Version(v.rid, v.kind, v.parent, v.slot, entry.digests or b"")
        return agree(self.sides.kinds[entry.kind], here, v)


def _message(
    kind: str, folder: str, where: Whereabouts | None, *, renamed: bool, edited: bool
) -> tuple[str, str]:
    """The message about a record that is elsewhere, and the ways out."""
    stays = "nothing is pushed or pulled for it" + (", the edits here included" if edited else "")
    leave = f"to leave it to them, delete {folder}: no row is deleted"
    if where is None:
        message = f"this {kind} is no longer where the role may look; {stays}"
        return message, f"who runs the database can say where it is; {leave}"
    lacks = "the database, and the workspace does not hold that"
    if renamed:
        message = f"this {kind} is called {where.slot} in {lacks}; {stays}"
        return (
            message,
            f"name {where.slot} in `clients:` of studio.yaml, and rename the folder to {where.slot}",
        )
    message = f"this {kind} is at {where.key} in {lacks}; {stays}"
    return message, f"to follow it, name {where.slot} in `clients:` of studio.yaml, and pull; {leave}"
