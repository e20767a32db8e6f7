"""Decisions: keep what the memory says before one, and put it back when the decision is undone."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from studio_sync.core.history.known_versions import LedgerNote
from studio_sync.core.values.record import Rid
from studio_sync.files.memory.keeper import keeper_of
from studio_sync.files.memory.record_memory import RecordMemory, file_digest
from studio_sync.files.memory.withdrawn_notes import save_withdrawn, with_notes

if TYPE_CHECKING:
    from studio_sync.sync.studio import Studio


@dataclass(frozen=True, slots=True)
class UndoneDecision:
    """A decision to undo: what the memory said before, and the path that the file has now.

    `over`: also if the file doesn't say again what it said then. Paths are relative to the workspace.
    """

    before: RecordMemory
    path: str
    over: bool


def keep_decided(
    studio: "Studio",
    db: int,
    paths: Mapping[Rid, str],
    notes: Iterable[LedgerNote] = (),
    decided: Collection[Rid] = (),
) -> None:
    """Keep what the memory says about these records, by their paths in the content folder, for `undo`.

    Their undo withdraws those of these notes that are about them. The decisions about those in `decided` are
    undone next. Raises UnavailableError if it can't be kept: then nothing must be decided.
    """
    if not paths:
        return
    memory, workspace = studio.memory, studio.workspace
    by_record: dict[Rid, list[LedgerNote]] = defaultdict(list)
    for note in notes:
        by_record[note.content.rid].append(note)
    kept = [RecordMemory.of(memory, workspace.content, db, rid, path) for rid, path in paths.items()]
    kept = [
        replace(k, withdrawn=with_notes(k.withdrawn, by_record[k.rid]), decided=k.rid in decided)
        for k in kept
    ]
    keeper_of(workspace.root).resolved((workspace.prefix + k.path, k.data()) for k in kept)
    with memory.changing():
        for one in kept:
            save_withdrawn(memory, db, one.rid, "")  # who decides again wants the note again


def keep_present(studio: "Studio", decisions: Sequence[UndoneDecision]) -> None:
    """Keep what the memory says now about records whose decisions are undone next, for the next `undo`."""
    by_database: dict[int, dict[Rid, str]] = defaultdict(dict)
    decided = {decision.before.rid for decision in decisions if not decision.before.decided}
    for decision in decisions:
        known = studio.memory.known_database(decision.before.label)
        if known is not None:
            path = decision.path.removeprefix(studio.workspace.prefix)
            by_database[known[0]][decision.before.rid] = path
    for db, paths in by_database.items():
        keep_decided(studio, db, paths, decided=decided)


def undo_decisions(studio: "Studio", decisions: Iterable[UndoneDecision]) -> list[UndoneDecision]:
    """Put back what the memory said, for records whose files are as they were; return those."""
    content = studio.workspace.content
    undone = []
    with studio.memory.changing():
        for decision in decisions:
            before = decision.before
            if decision.over or file_digest(content / before.path) == before.file:
                before.put_back(studio.memory, content)
                undone.append(decision)
    return undone
