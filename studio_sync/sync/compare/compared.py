"""Two sides and their bases once they are compared, for plans and for what is shown."""

from collections.abc import Iterable
from dataclasses import dataclass

from studio_sync.core.plan.reconcile import Delta
from studio_sync.core.values.record import Rid
from studio_sync.database.store_ledger import StoreLedger
from studio_sync.files.memory.entries import FileEntry
from studio_sync.sync.compare.bases.base_resolution import BaseResolver
from studio_sync.sync.compare.comparison import PROVISIONAL, Comparison
from studio_sync.sync.compare.matching import Matcher
from studio_sync.sync.compare.record_places import RecordPlaces
from studio_sync.sync.compare.remote import RemoteSide
from studio_sync.sync.compare.sides import ComparisonSides
from studio_sync.sync.compare.visibility import Visibility
from studio_sync.sync.read.local import LocalState


@dataclass(frozen=True)
class Compared:
    """The sides that were compared, what was found, and what else may be asked of them."""

    sides: ComparisonSides
    out: Comparison
    places: RecordPlaces
    remote: RemoteSide
    matcher: Matcher

    @property
    def ledger(self) -> StoreLedger:
        """The database's list of versions."""
        return self.sides.database.ledger

    @property
    def resolver(self) -> BaseResolver:
        """What found the merge bases."""
        return self.sides.base.resolver

    @property
    def visibility(self) -> Visibility:
        """What this role may see."""
        return self.sides.database.visibility

    @property
    def files(self) -> LocalState:
        """The files' side as it was read."""
        return self.sides.files.state

    def without_id(self) -> list[tuple[FileEntry, Rid]]:
        """Files that could carry their row's id and don't, with that id."""
        names = [kind.name for kind in self.sides.kinds if kind.identified]
        marks = ",".join("?" * len(names))
        where = f"kind IN ({marks}) AND kind <> '' AND id IS NULL AND digests IS NOT NULL"
        found = self.sides.base.memory.files_where(where, *names)
        known = ((entry, self.matcher.rid_at(entry.path)) for entry in found)
        return [(entry, rid) for entry, rid in known if rid and not rid.startswith(PROVISIONAL)]

    def shown(self, rid: Rid) -> str:
        """Where people find a record's file."""
        return self.sides.files.prefix + self.places.path(rid)

    def fetch(self, deltas: Iterable[Delta]) -> None:
        """Read the rows of these records whose contents were not needed for comparing."""
        self.remote.fetch(deltas, self.out.facts)
