"""Identity checks of a comparison, before files are matched with rows."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from studio_sync.core.values.record import Rid, Version
from studio_sync.database.values.row import Whereabouts
from studio_sync.files.memory.entries import Base, FileEntry
from studio_sync.sync.identity.doubt import Deletes, Sources
from studio_sync.sync.identity.doubts import Doubts
from studio_sync.sync.identity.elsewhere import Beyond, Elsewhere

if TYPE_CHECKING:
    from studio_sync.sync.compare.sides import ComparisonSides


@dataclass(frozen=True)
class Identities:
    """Holds the files whose ids are doubtful or whose rows are elsewhere."""

    sides: "ComparisonSides"
    rows: Beyond
    deletes: Deletes

    def hold(
        self,
        entries: Mapping[str, FileEntry],
        bases: Mapping[Rid, Base],
        remote: Mapping[Rid, Version],
        deleted: Collection[bytes],
        rid_at: Callable[[str], Rid | None],
    ) -> dict[Rid, str]:
        """Hold doubtful files; returns the records whose places they take, with these files' paths."""
        reader = self.sides.base.resolver.reader
        elsewhere = Elsewhere(
            self.sides.kinds,
            self.sides.base.memory,
            self.sides.base.db,
            self.sides.files.state,
            reader.prefix,
            self.rows,
        )
        elsewhere.of_bases(bases.values(), deleted)

        def away(wanted: Mapping[str, set[Rid]]) -> Mapping[Rid, str]:
            """Rows of other clients; one that was in this client before is held as elsewhere."""
            found = self.rows.find(wanted)
            if not found:
                return {}
            ledger = self.sides.database.ledger
            tops = ledger.former_tops(found) if ledger.readable else {}
            theirs: dict[Rid, str] = {}
            grants = self.rows.visibility.grants
            for entry in sorted(entries.values(), key=lambda e: (e.path.count("/"), e.path)):
                if entry.id not in found:
                    continue
                top = self._top_of(entry)
                if grants is not None and top not in grants.levels:
                    continue  # the folder of a client that the role was not granted: not compared
                if top in tops.get(entry.id, ()):
                    elsewhere.hold(entry.kind, entry.path, found[entry.id], entry.id)
                else:
                    theirs[entry.id] = _words(found[entry.id])
            return theirs

        sources = Sources(self._stood_at, self._entered, away, self.deletes)
        doubts = Doubts(
            self.sides.kinds,
            self.sides.base.memory,
            self.sides.base.db,
            self.sides.files.state,
            reader,
            bases,
            remote,
            frozenset(deleted),
            sources,
        )
        return {d.owner: d.path for d in doubts.find(entries.values(), rid_at) if d.owner}

    def _stood_at(self, rid: Rid, path: str) -> bool:
        traces = self.sides.base.resolver.traces
        if traces is None or not traces.ever_had(rid):
            return False
        return any(s is not None and s.path == path for s in traces.of_owner(rid, [path]).values())

    def _entered(self, rids: Iterable[Rid]) -> set[Rid]:
        return set(self.sides.database.ledger.latest(list(rids)))

    def _top_of(self, entry: FileEntry) -> Rid:
        """The id in the topmost file above a file, or its own."""
        while entry.parent:
            above = self.sides.base.memory.file(entry.parent)
            if above is None:
                return ""
            entry = above
        return entry.id or ""


def _words(where: Whereabouts | None) -> str:
    return where.key if where is not None else ""
