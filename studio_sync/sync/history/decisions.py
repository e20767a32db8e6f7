"""Decisions: keep what the memory says before one, and put it back when the decision is undone.

Its notes in the ledger are taken back, too, for those who know of the decision by them alone.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from studio_sync.core.history.known_versions import LedgerNote, RecordHistory
from studio_sync.core.values.numbering import moved as renamed
from studio_sync.core.values.problem import Problem, Severity
from studio_sync.core.values.record import Rid
from studio_sync.errors import StudioError
from studio_sync.files.git.repository import Repository
from studio_sync.files.memory.keeper import keeper_of
from studio_sync.files.memory.ledger_notes import notes_in, save_withdrawn, with_notes, withdrawn_notes
from studio_sync.files.memory.record_memory import RecordMemory, file_digest
from studio_sync.sync.compare.bases.head_moves import HeadMoves
from studio_sync.sync.connection import DatabaseSource, connected

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

    def moved(self, moves: Sequence[tuple[str, str]], prefix: str) -> "UndoneDecision":
        """The same, with the path that the file has once these moves, each from and to, are made.

        Its record is compared as before wherever its folder has to stay. `prefix` is the content folder's.
        """
        path = renamed(self.path, moves).removeprefix(prefix)
        return replace(self, before=replace(self.before, path=path))


@dataclass(frozen=True, slots=True)
class ChangedNotes:
    """What the undo of a decision changes of its notes; `until_now`: those withdrawn before, as saved."""

    decision: UndoneDecision
    until_now: str

    def notes(self, history: RecordHistory) -> Iterator[LedgerNote]:
        """The notes to enter: withdrawals, and those again that a decision made again is to have."""
        now = self.decision.before.withdrawn
        yield from (note.withdrawal for note in notes_in(now, history.notes))
        over = notes_in(now, history.withdrawn)
        yield from dict.fromkeys(n for n in notes_in(self.until_now, history.withdrawn) if n not in over)


def keep_decided(
    studio: "Studio",
    db: int,
    paths: Mapping[Rid, str],
    notes: Iterable[LedgerNote],
) -> None:
    """Keep what the memory says about these records, by their paths in the content folder, for `undo`.

    Their undo withdraws those of these notes that are about them. Raises UnavailableError if it can't be
    kept: then nothing must be decided.
    """
    _keep(studio, db, paths, notes)
    with studio.memory.changing():
        for rid in paths:
            save_withdrawn(studio.memory, db, rid, "")  # who decides again wants the note again


def _keep(
    studio: "Studio",
    db: int,
    paths: Mapping[Rid, str],
    notes: Iterable[LedgerNote] = (),
    decided: Collection[Rid] = (),
) -> None:
    """Keep it; the decisions about those in `decided` are undone next."""
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
        _keep(studio, db, paths, decided=decided)


def undo_decisions(
    studio: "Studio", decisions: Iterable[UndoneDecision]
) -> tuple[list[UndoneDecision], list[ChangedNotes]]:
    """Put back what the memory said, for records whose files are as they were.

    Returns these decisions, and what that changes of the notes in the ledger.
    """
    content, memory = studio.workspace.content, studio.memory
    undone: list[UndoneDecision] = []
    changed: list[ChangedNotes] = []
    with memory.changing():
        # What is put back stands on HEAD as it is: the undo wrote the files, and no commit made before it.
        HeadMoves(memory, Repository.around(content), time.time_ns()).save()
        for decision in decisions:
            before = decision.before
            if decision.over or file_digest(content / before.path) == before.file:
                known = memory.known_database(before.label)
                until_now = withdrawn_notes(memory, known[0], before.rid) if known is not None else ""
                before.put_back(memory, content)
                undone.append(decision)
                if until_now != before.withdrawn:
                    changed.append(ChangedNotes(decision, until_now))
    return undone, changed


def tell_ledger(
    studio: "Studio", source: Callable[[], DatabaseSource], changed: Sequence[ChangedNotes]
) -> list[Problem]:
    """Enter what changes of the ledger's notes; a warning for each record where that can't be done."""
    why = _enter(studio, source, changed) if changed else ""
    paths = [c.decision.path for c in changed if why]
    message = f"CI and fresh clones go by what was decided before, as the ledger could not be told: {why}"
    return [Problem(path, 0, 0, "ledger-not-told", message, _TOLD_BY, Severity.WARNING) for path in paths]


_TOLD_BY = "`studio pull` tells it: run it before you commit this file"


def _enter(studio: "Studio", given: Callable[[], DatabaseSource], changed: Sequence[ChangedNotes]) -> str:
    """Enter the notes; returns why that can't be done, "" if it is."""
    try:
        source = given()
        by_record = {c.decision.before.rid: c for c in changed if c.decision.before.label == source.address}
        if len(by_record) < len(changed):
            return "name the database of the decision with --target or --database"
        with connected(source, studio.kinds) as store:
            with store.snapshot():
                ledger = store.ledger()
                histories = ledger.histories(by_record)
                tops = ledger.former_tops(by_record) if histories else {}
            notes = [
                (top, note)
                for rid, history in histories.items()
                for note in by_record[rid].notes(history)
                for top in tops.get(rid, ())
            ]
            run = studio.run(Repository.around(studio.workspace.content), "undo")
            if notes and not (ledger.writable and store.record_notes(run, notes)):
                return f"the role {store.role} may not write into the ledger"
    except StudioError as error:
        return error.message
    return ""
