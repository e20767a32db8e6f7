"""Undo: take back what a command did to the files, as edits for the next push."""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from posixpath import basename
from shlex import join, quote
from typing import TYPE_CHECKING

from studio_sync.core.values.layout import renaming
from studio_sync.core.values.numbering import moved as renamed
from studio_sync.core.values.problem import Problem, Severity
from studio_sync.errors import StudioError
from studio_sync.files.memory.kept import KeptRun, Operation, Verb, bytes_digest
from studio_sync.files.memory.record_memory import RecordMemory
from studio_sync.files.tree.disk.file_writer import SYNC_EACH_UP_TO, FileWriter
from studio_sync.files.tree.disk.one_file import changed, content
from studio_sync.files.tree.lock import only_one
from studio_sync.files.tree.outline import Outline
from studio_sync.files.workspace.moving import Mover
from studio_sync.files.workspace.stopped_move import STAGING
from studio_sync.sync.advance_approvals import undo_approvals
from studio_sync.sync.history.decisions import (
    ChangedNotes,
    UndoneDecision,
    keep_present,
    undo_decisions,
)
from studio_sync.sync.history.intent import record_place_intent, record_whole_intent
from studio_sync.sync.history.undone_moves import FolderMove, HeldFolder, MoveObstacle, UndoneMoves
from studio_sync.sync.read.scope import in_scope, is_inside

if TYPE_CHECKING:
    from studio_sync.sync.studio import Studio


class UndoAction(StrEnum):
    """What the undo does to a file or folder."""

    PUT_BACK = "put back"
    MADE_AGAIN = "made again"
    REMOVED = "removed"
    MOVED_BACK = "moved back"


@dataclass(frozen=True, slots=True)
class Taken:
    """One file or folder to change. Paths are relative to the workspace; `old` is the path before a move.

    `says` is the digest of the file's content until then, "" if there is no file.
    """

    step: UndoAction
    path: str
    data: bytes | None = None
    old: str = ""
    says: str = ""


@dataclass(frozen=True, slots=True)
class Undone:
    """What an undo takes back of a run, and what it leaves, with the reason.

    `decisions` are those undone, or made again by the undo of an undo; `notes`: what that changes of the
    notes in the ledger. `failed` as in Restored.
    """

    run: KeptRun
    taken: Sequence[Taken]
    decisions: Sequence[UndoneDecision]
    left: tuple[Problem, ...]
    notes: Sequence[ChangedNotes] = ()
    failed: Sequence[StudioError] = ()

    def decided(self, prefix: str, *, again: bool) -> list[str]:
        """The paths of the records whose decision was undone; with `again`, was made again."""
        return sorted({prefix + d.before.path for d in self.decisions if d.before.decided is again})


def undo_files(
    studio: "Studio", run: KeptRun, scope: tuple[str, ...], *, over: bool = False, dry_run: bool = False
) -> Undone:
    """Take back what a run did to the files at or below `scope`.

    A file whose content is no longer what the run wrote is left, unless `over`. What the undo replaces is
    kept, as by any command: the undo can be undone, too. A decision about a conflict is undone with the file
    of its record: then the record is compared as before. The ledger still has to learn that.
    """
    plan = _Planner(studio, run, over=over).plan(scope)
    if dry_run or not (plan.taken or plan.decisions):
        return plan
    with only_one(studio.workspace.state / "lock"):
        return _Doer(studio).do(plan)


class _Planner:
    """Plans an undo by going through the run's operations, last one first."""

    def __init__(self, studio: "Studio", run: KeptRun, *, over: bool) -> None:
        self._root, self._prefix = studio.workspace.root, studio.workspace.prefix
        self._run, self._over = run, over
        self._says: dict[str, bytes | None] = {}
        self._outline = Outline(studio.workspace.content, studio.layout)
        self._left: list[Problem] = []

    def plan(self, scope: tuple[str, ...]) -> Undone:
        """Find what to write, remove and move, and which decisions to undo."""
        operations = self._run.operations
        moves, contents, resolved = list[FolderMove](), dict[str, Taken](), list[tuple[Operation, str]]()
        for number in range(len(operations) - 1, -1, -1):
            operation = operations[number]
            path = self._now(operation.path, operations[number + 1 :])
            if operation.verb is Verb.RENAME:
                now = self._now(operation.to, operations[number + 1 :])
                if self._within(now, scope) and not basename(operation.path).startswith(STAGING):
                    moves.append(FolderMove(operation.to, operation.path))
            elif operation.verb is Verb.RESOLVED:
                if operation.size and self._within(path, scope):
                    resolved.append((operation, path))
            elif operation.verb is not Verb.PUSH and self._within(path, scope):
                taken = self._content(operation, path)
                if taken is not None:
                    contents[path] = taken
                    self._says[path] = taken.data
        fitting = list(filter(None, map(self._fitting, contents.values())))
        removed = {t.path for t in fitting if t.step is UndoAction.REMOVED}
        folders = UndoneMoves(self._root, self._prefix, self._outline, removed, self._over)
        plan = folders.plan(moves, [t.path for t in fitting if t.step is UndoAction.MADE_AGAIN])
        wanted = [t for t in fitting if not is_inside(t.path, plan.missing)]
        wanted += (Taken(UndoAction.MOVED_BACK, m.path, None, m.old) for m in plan.moves)
        for held in plan.held:
            self._hold(held, scope)
        decisions = self._decisions(r for r in resolved if not is_inside(r[1], plan.missing))
        back = [(move.path, move.old) for move in plan.moves]
        moved = [decision.moved(back, self._prefix) for decision in decisions]
        return Undone(self._run, wanted, moved, tuple(self._left))

    def _decisions(self, resolved: Iterable[tuple[Operation, str]]) -> Iterator[UndoneDecision]:
        """The decisions to undo: about files that say again what they said before."""
        left = {problem.path for problem in self._left}
        for operation, path in resolved:
            before = RecordMemory.read(self._run.content(operation))
            says = self._current_bytes(path)
            if self._over or ("" if says is None else bytes_digest(says)) == before.file:
                yield UndoneDecision(before, path, self._over)
            elif path not in left:
                self._pass_by(path, "edited-since", "it was edited since that decision")

    def _within(self, path: str, scope: tuple[str, ...]) -> bool:
        return not any(scope) or (
            path.startswith(self._prefix) and in_scope(path.removeprefix(self._prefix), scope)
        )

    @staticmethod
    def _now(path: str, later: Iterable[Operation]) -> str:
        """The current path of a file, given its path before these later operations."""
        for operation in later:
            if operation.verb is Verb.RENAME and f"{path}/".startswith(f"{operation.path}/"):
                path = operation.to + path[len(operation.path) :]
        return path

    def _content(self, operation: Operation, path: str) -> Taken | None:
        says = self._current_bytes(path)
        if operation.verb is Verb.CREATE:
            if says is None:
                return None
            if bytes_digest(says) != operation.after and not self._over:
                self._pass_by(path, "edited-since", "it was made by that command, and edited since")
                return None
            return Taken(UndoAction.REMOVED, path)
        before = self._run.content(operation)
        if operation.verb is Verb.REPLACE and self._run.revision:
            return None  # a push writes nothing but ids into files, and the next one would write them again
        if says == before:
            return None
        if operation.verb is not Verb.FOUND and not self._over:
            if operation.verb is Verb.DELETE and says is not None:
                self._pass_by(path, "in-the-way", "something else is in its place now")
                return None
            if operation.verb is Verb.REPLACE and (says is None or bytes_digest(says) != operation.after):
                what = "it was deleted since" if says is None else "it was edited since"
                self._pass_by(path, "edited-since", what)
                return None
        return Taken(UndoAction.MADE_AGAIN if says is None else UndoAction.PUT_BACK, path, before)

    def _current_bytes(self, path: str) -> bytes | None:
        """A file's content after the operations planned so far; None if there is no file."""
        if path not in self._says:
            self._says[path] = _bytes_at(self._root / path)
        return self._says[path]

    def _fitting(self, taken: Taken) -> Taken | None:
        """The step for the file as it is now; None if it already has the target content."""
        says = _bytes_at(self._root / taken.path)
        if says == taken.data:
            return None
        step = UndoAction.MADE_AGAIN if says is None else UndoAction.PUT_BACK
        step = UndoAction.REMOVED if taken.data is None else step
        return replace(taken, step=step, says="" if says is None else bytes_digest(says))

    def _hold(self, held: HeldFolder, scope: tuple[str, ...]) -> None:
        """Name a folder that stays as it is, with the way to bring it back."""
        if held.obstacle is MoveObstacle.GONE:
            self._pass_by(held.path, "edited-since", "it is not there any more")
        elif held.obstacle is MoveObstacle.IN_THE_WAY:
            self._pass_by(held.old, "in-the-way", "something else is in its place now")
        elif held.kind is not None:
            again = join(["studio", "undo", self._run.id, *(self._prefix + s for s in scope if s)])
            hint = f"give that one another: {renaming(held.kind, held.other)}; then: {again}"
            self._left.append(Problem(held.path, 0, 0, "collision", held.taken, hint, Severity.ERROR))

    def _pass_by(self, path: str, code: str, message: str) -> None:
        rest = f"studio undo {self._run.id} {quote(path)} --over"
        hint = f"the present text is kept, too, if you undo it anyway: {rest}"
        if code == "in-the-way":
            hint = f"move that away, then: studio undo {self._run.id} {quote(path)}"
        self._left.append(Problem(path, 0, 0, code, message, hint, Severity.ERROR))


def _bytes_at(path: Path) -> bytes | None:
    """What is in a file; None if there is none that can be read."""
    try:
        return content(os.fspath(path))
    except OSError:
        return None


class _Doer:
    """Carries out the plan; what fails is left, with the reason."""

    def __init__(self, studio: "Studio") -> None:
        self._studio, self._root = studio, studio.workspace.root

    def do(self, plan: Undone) -> Undone:
        """Write, remove, move, and save that this was intended; of decisions, that they were not made."""
        taken, failed, left = list[Taken](), list[StudioError](), list(plan.left)
        writer = FileWriter(self._root, sync_each=len(plan.taken) <= SYNC_EACH_UP_TO)
        mover = Mover(self._root, self._studio.workspace.state)
        keep_present(self._studio, plan.decisions)
        with self._studio.documents.writing():
            try:
                for one in plan.taken:
                    try:
                        self._act(writer, mover, one)
                        taken.append(one)
                    except StudioError as error:
                        failed.append(error)
                        left.append(Problem(one.path, 0, 0, "failed", error.message, error.hint))
            finally:
                writer.settle()
        self._studio.documents.refresh()
        moved = [(t.path, t.old) for t in taken if t.step is UndoAction.MOVED_BACK]
        prefix = self._studio.workspace.prefix
        places = (renamed(old, moved[n + 1 :]) for n, (_, old) in enumerate(moved))
        record_place_intent(self._studio, [place.removeprefix(prefix) for place in places])
        decisions, notes = undo_decisions(self._studio, [d.moved(moved, prefix) for d in plan.decisions])
        as_before = {decision.before.path for decision in decisions}
        written = list(self._written(taken, moved))
        undo_approvals(self._studio, written)
        record_whole_intent(self._studio, [path for path in written if path not in as_before])
        return Undone(plan.run, taken, decisions, tuple(left), notes, failed)

    def _act(self, writer: FileWriter, mover: Mover, taken: Taken) -> None:
        if taken.step is UndoAction.MOVED_BACK:
            writer.settle()
            self._move_back(mover, taken)
            return
        says = _bytes_at(self._root / taken.path) or b""
        if taken.says and bytes_digest(says) != taken.says:
            raise changed(taken.path)
        if taken.data is None:
            writer.remove(taken.path, says)
        elif taken.step is UndoAction.MADE_AGAIN:
            writer.create(taken.path, taken.data)
        else:
            writer.replace(taken.path, says, taken.data)

    def _move_back(self, mover: Mover, taken: Taken) -> None:
        mover.rename(taken.path, taken.old)
        prefix = self._studio.workspace.prefix
        if taken.path.startswith(prefix) and taken.old.startswith(prefix):
            moved = taken.path.removeprefix(prefix), taken.old.removeprefix(prefix)
            self._studio.memory.move_folders([moved])

    def _written(self, taken: Iterable[Taken], moved: Sequence[tuple[str, str]]) -> Iterator[str]:
        """The current paths of the files written, inside the content folder; `moved`: (from, to)."""
        prefix = self._studio.workspace.prefix
        for one in taken:
            path = renamed(one.path, moved)
            if path.startswith(prefix) and one.step is not UndoAction.MOVED_BACK:
                yield path.removeprefix(prefix)
