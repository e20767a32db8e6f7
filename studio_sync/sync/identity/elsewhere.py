"""Rows that moved out of the workspace's view: to another client, or their client was renamed.

Their files stay as they are, with everything below them, until somebody decides.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from posixpath import dirname
from typing import TYPE_CHECKING

from studio_sync.core.plan.reconcile import agree
from studio_sync.core.values.kind import Kinds
from studio_sync.core.values.problem import Problem, Severity
from studio_sync.core.values.record import Rid, Version
from studio_sync.database.values.row import Whereabouts, uuid_text
from studio_sync.files.memory.entries import Base, FileEntry
from studio_sync.files.memory.memory import Memory
from studio_sync.sync.compare.visibility import Visibility
from studio_sync.sync.read.local import LocalState

if TYPE_CHECKING:
    from studio_sync.database.store import Store


@dataclass(frozen=True)
class Beyond:
    """Finds rows outside the workspace. `bounded`: it covers only some of the database's clients."""

    store: "Store"
    kinds: Kinds
    visibility: Visibility
    bounded: bool

    @property
    def may_be_elsewhere(self) -> bool:
        """Whether a row can exist outside the workspace's view."""
        return self.bounded or self.visibility.grants is not None

    def find(self, wanted: Mapping[str, Collection[str]]) -> dict[str, Whereabouts | None]:
        """Those of the rows, given as ids by kind, that exist; None: this role may not know where."""
        found: dict[str, Whereabouts | None] = {}
        if not self.may_be_elsewhere:
            return found
        for name, ids in wanted.items():
            kind = self.kinds[name]
            places = self.store.tree.whereabouts(kind, ids)
            found |= places
            unseen = set(ids) - places.keys()
            if unseen and self.visibility.grants is not None:
                access = self.store.access
                theirs = access.anywhere(kind, unseen) - access.present(kind, unseen)
                found |= dict.fromkeys(theirs)
        return found


@dataclass
class Elsewhere:
    """Holds the files of one comparison whose rows are elsewhere."""

    kinds: Kinds
    memory: Memory
    db: int
    local: LocalState
    prefix: str
    rows: Beyond
    _tops: dict[Rid, Rid] = field(default_factory=dict)

    def of_bases(self, bases: Iterable[Base], deleted: Collection[bytes]) -> None:
        """Hold the files of rows with a saved base that are now elsewhere."""
        if not deleted or not self.rows.may_be_elsewhere:
            return
        lost = [b for b in bases if b.row_id in deleted and self._counts(b)]
        wanted: dict[str, set[str]] = {}
        for base in lost:
            wanted.setdefault(base.version.kind, set()).add(uuid_text(base.row_id))
        found = self.rows.find(wanted)
        for base in sorted(lost, key=lambda b: (not self._is_folder(b), b.path.count("/"), b.path)):
            own = uuid_text(base.row_id)
            if own in found:
                self.hold(base.version.kind, base.path, found[own], own)

    def hold(self, name: str, path: str, where: Whereabouts | None, own: str) -> None:
        """Hold a record's file and everything below, because its row is `where`; `own` is the row's id."""
        if self.local.holds(path):
            return
        folder = f"{dirname(path)}/" if self.kinds[name].folder else path
        edited = any(self._edits(folder))
        severity = Severity.ERROR if edited else Severity.WARNING
        renamed = where is not None and where.top == own
        words = _message(name, self.prefix + dirname(path), where, renamed=renamed, edited=edited)
        problem = Problem(self.prefix + path, 0, 0, "elsewhere", *words, severity)
        self.local.hold(path, folder, why=problem)

    def _counts(self, base: Base) -> bool:
        """Whether a base is of an existing file, below a client that the role was granted."""
        if self.memory.file(base.path) is None or self.local.outside(base.path):
            return False
        grants = self.rows.visibility.grants
        return grants is None or self._top(base.version) in grants.levels

    def _top(self, version: Version) -> Rid:
        """The topmost ancestor of a version, by the saved bases."""
        chain: list[Rid] = []
        rid, parent = version.rid, version.parent
        while parent and parent not in chain:
            chain.append(rid)
            base = self.memory.base(self.db, parent)
            rid, parent = parent, base.version.parent if base else ""
        return rid

    def _is_folder(self, base: Base) -> bool:
        return self.kinds[base.version.kind].folder

    def _edits(self, folder: str) -> Iterator[FileEntry]:
        """The files at or below a folder that have edits since their saved base."""
        below = "path = ? OR path LIKE ? ESCAPE '\\'"
        escaped = folder.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        for entry in self.memory.files_where(f"({below}) AND kind <> ''", folder, f"{escaped}%"):
            known = self.memory.bases_where(self.db, "path = ? AND kind = ?", entry.path, entry.kind)
            if entry.digests is not None and not any(self._same(entry, base) for base in known):
                yield entry

    def _same(self, entry: FileEntry, base: Base) -> bool:
        v = base.version
        here = Version(v.rid, v.kind, v.parent, v.slot, entry.digests or b"")
        return agree(self.kinds[entry.kind], here, v)


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
