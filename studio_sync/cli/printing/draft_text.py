"""Rendering of changes to the tree (new, mv, copy) as text and JSON."""

from collections.abc import Iterator, Sequence

from studio_sync.cli.app import App
from studio_sync.core.plan.reconcile import Action
from studio_sync.core.values.escapes import safe
from studio_sync.core.values.phrases import counted
from studio_sync.core.values.problem import Problem
from studio_sync.files.workspace.draft import Draft
from studio_sync.files.workspace.stopped_move import Reached, StoppedMove
from studio_sync.render.medium.paint import Paint
from studio_sync.render.medium.phrasing import SIGNS


def draft_lines(app: App, draft: Draft, paint: Paint | None = None) -> Iterator[str]:
    """One line for everything renamed, edited or created; `paint`: its colours, if not those of stdout."""
    prefix, paint = app.workspace.prefix, paint or app.paint
    for old, new in draft.shown:
        yield f"{SIGNS[Action.UPDATE]} {paint.path(safe(prefix + old))} → {paint.path(safe(prefix + new))}"
    for edit in draft.edits:
        yield f"{SIGNS[Action.UPDATE]} {paint.path(safe(prefix + edit.path))}"
    for path in draft.creates:
        yield f"{SIGNS[Action.CREATE]} {paint.path(safe(prefix + path))}"


def say_finished(app: App, stopped: StoppedMove | None) -> None:
    """Say what became of the move of a killed run: all that it moves, for nobody named it in this command."""
    if stopped is None:
        return
    if stopped.reached is Reached.OLD:
        app.say("what a stopped run was to do is forgotten: nothing of it is done now")
        return
    did = "left half moved is done" if stopped.reached is Reached.HALF else "moved is all at its new place"
    app.out.say(f"what a stopped run had {did}:")
    app.out.tell(f"  {line}" for line in draft_lines(app, stopped.draft, app.paint_messages))


def show_draft(
    app: App, command: str, draft: Draft, *, dry_run: bool, problems: Sequence[Problem] = ()
) -> None:
    """Print what was done, or would be; `problems` are what the new files still lack."""
    if app.json:
        prefix = app.workspace.prefix
        app.report(
            command,
            problems=problems,
            renamed=[{"from": prefix + old, "to": prefix + new} for old, new in draft.shown],
            edited=[prefix + edit.path for edit in draft.edits],
            created=[prefix + path for path in draft.creates],
        )
        return
    app.out.lines(draft_lines(app, draft))
    empty = [problem for problem in problems if problem.code == "missing-body"]
    for problem in empty:
        app.say(f"still to write in {problem.path}: {problem.message}; {problem.hint}")
    app.tell(problem for problem in problems if problem not in empty)
    if draft.edits:
        files = counted(len(draft.edits), "file")
        app.say(f"{'would edit' if dry_run else 'edited'} {files}, so that links and order stay right")
