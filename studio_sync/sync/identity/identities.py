"""Identity checks of a comparison, before files are matched with rows."""

from collections.abc import Mapping
from dataclasses import dataclass

from studio_sync.core.values.record import Rid
from studio_sync.files.memory.entries import FileEntry
from studio_sync.sync.compare.remote import RemoteRows
from studio_sync.sync.compare.sides import ComparisonSides
from studio_sync.sync.identity.doubts import Deletes, Doubts, RidAt
from studio_sync.sync.identity.elsewhere import Elsewhere
from studio_sync.sync.read.local_state import LocalState


@dataclass(frozen=True, slots=True)
class CheckedIdentities:
    """The tree with the files held whose ids are doubtful or whose rows are elsewhere.

    `paths`: the records whose places doubtful files take, with these files' paths.
    """

    files: LocalState
    paths: Mapping[Rid, str]


def checked_identities(
    sides: ComparisonSides,
    rows: RemoteRows,
    entries: Mapping[str, FileEntry],
    rid_at: RidAt,
    deletes: Deletes,
) -> CheckedIdentities:
    """Check the ids in these files; `deletes` tells which rows the run deletes on purpose."""
    elsewhere, doubts = Elsewhere(sides), Doubts(sides, rows, rid_at, deletes)
    files = elsewhere.with_bases(sides.files.state, rows.bases.values(), rows.deleted)
    mine = doubts.examined(entries.values())
    files, away = elsewhere.with_ids(files, doubts.unseen(mine), entries.values())
    files, found = doubts.find(files, mine, away)
    return CheckedIdentities(files, {d.owner: d.path for d in found if d.owner})
