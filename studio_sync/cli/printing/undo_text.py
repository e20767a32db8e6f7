"""Rendering of undo: what was taken back, and the list of runs."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import click

from studio_sync.cli.app import App
from studio_sync.core.plan.reconcile import Action
from studio_sync.core.values.escapes import safe
from studio_sync.core.values.phrases import counted
from studio_sync.core.values.problem import Severity
from studio_sync.errors import RefusedError, gravest_code
from studio_sync.files.memory.kept import KeptRun, Verb
from studio_sync.render.json_report import undone_report
from studio_sync.render.medium.next_steps import look_and_send
from studio_sync.render.medium.phrasing import SIGNS, minute_text
from studio_sync.sync.history.revivals import Restored, Revival
from studio_sync.sync.history.undo import UndoAction, Undone

_SIGNS = {
    UndoAction.PUT_BACK: "~",
    UndoAction.MADE_AGAIN: "+",
    UndoAction.REMOVED: "-",
    UndoAction.MOVED_BACK: ">",
}
_MANY = 5


def show_list(app: App, runs: Sequence[KeptRun]) -> None:
    """Print the commands that can be undone, newest first."""
    if app.json:
        app.out.json(undone_report([_listed(run) for run in runs]))
        return
    for run in runs:
        revision = f"  revision {run.revision[:8]}" if run.revision else ""
        app.out.line(
            f"{app.paint.changed(run.id)}  {minute_text(_at(run))}  {safe(run.command)}"
            f"{app.paint.dim(revision)}"
        )
        paths = _paths(run)
        for path in paths if app.verbose else paths[:_MANY]:
            app.out.line(f"    {app.paint.path(safe(path))}")
        if len(paths) > _MANY and not app.verbose:
            app.out.line(
                app.paint.dim(f"    … and {counted(len(paths) - _MANY, 'more file')} (-v lists them)")
            )
    if not runs:
        app.out.line("nothing was replaced here of which anything is kept")


def show_undo(
    app: App, undone: Undone | None, restored: Restored | None, database: str, *, dry_run: bool
) -> None:
    """Print what was taken back, or would be; another exit code than 0 says that something was left.

    Raises RefusedError if there was nothing to undo.
    """
    left = sorted((*(undone.left if undone else ()), *(restored.left if restored else ())))
    prefix = app.workspace.prefix
    found = bool((undone and (undone.taken or undone.decisions)) or (restored and restored.revivals))
    code = 1 if found else gravest_code(e for part in (undone, restored) if part for e in part.failed)
    if not left and not found:
        raise _nothing(undone, restored)
    if app.json:
        app.out.json(undone_report([], undone, restored, database, prefix, left, code))
    else:
        count = _show_files(app, undone) if undone else 0
        for revival in restored.revivals if restored else ():
            count += 1
            app.out.line(revival_line(app, revival))
        app.tell(left)
        app.out.line(_summary(undone, restored, count, dry_run=dry_run))
        if undone and undone.decided(prefix, again=False) and not dry_run:
            app.say("`studio diff` shows what is undecided again")
        elif count and not dry_run:
            app.say(look_and_send(by_ci=app.takes_ci_only()))
    if not found or any(problem.severity is Severity.ERROR for problem in left):
        raise click.exceptions.Exit(code)


def revival_line(app: App, revival: Revival) -> str:
    """A record whose file was written from a row, and what was written of it."""
    fields = ", ".join(revival.values) if revival.action is Action.UPDATE else ""
    notes = "; ".join(filter(None, (fields, revival.note)))
    path = app.paint.path(safe(app.workspace.prefix + revival.path))
    return f"{SIGNS[revival.action]} {path}  {app.paint.dim(safe(f'({notes})'))}"


def _show_files(app: App, undone: Undone) -> int:
    """Print the files that were taken back, and decisions undone or made again; return how many."""
    prefix = app.workspace.prefix
    decisions = dict.fromkeys(undone.decided(prefix, again=False), ("!", "undecided again"))
    decisions |= dict.fromkeys(undone.decided(prefix, again=True), ("=", "decided again"))
    for taken in undone.taken:
        to = f" → {safe(taken.old)}" if taken.old else ""
        path = app.paint.path(safe(taken.path))
        what = ", ".join((taken.step.value, *decisions.pop(taken.path, ())[1:]))
        app.out.line(f"{_SIGNS[taken.step]} {path}{to}  {app.paint.dim(f'({what})')}")
    for own, (sign, what) in decisions.items():
        app.out.line(f"{sign} {app.paint.path(safe(own))}  {app.paint.dim(f'({what})')}")
    return len(undone.taken) + len(decisions)


def _summary(undone: Undone | None, restored: Restored | None, count: int, *, dry_run: bool) -> str:
    verb = "would take back" if dry_run else "took back"
    return f"{verb} {counted(count, 'file') if count else 'nothing'} of the {_run(undone, restored)}"


def _run(undone: Undone | None, restored: Restored | None) -> str:
    """`push at 2026-03-01 14:05 CET`: the run to undo."""
    if undone is not None:
        return f"{safe(undone.run.command)} at {minute_text(_at(undone.run))}"
    at = restored.moment.at.astimezone() if restored else datetime.now().astimezone()
    return f"push at {minute_text(at)}"


def _nothing(undone: Undone | None, restored: Restored | None) -> RefusedError:
    resolved = undone is not None and all(o.verb is Verb.RESOLVED for o in undone.run.operations)
    whole = undone is not None and all(o.size for o in undone.run.operations)
    why = (
        "it changed no file"
        if resolved and not whole
        else "what it replaced is back, or is not at these paths"
    )
    return RefusedError(
        f"nothing to undo of the {_run(undone, restored)}: {why}",
        "`studio undo --list` shows the commands before it; name one: studio undo REV",
    )


def _at(run: KeptRun) -> datetime:
    return datetime.fromtimestamp(run.at / 10**9).astimezone()


def _paths(run: KeptRun) -> list[str]:
    """The files that a run changed, each once."""
    return list(dict.fromkeys(o.path for o in run.operations if o.verb is not Verb.PUSH))


def _listed(run: KeptRun) -> dict[str, Any]:
    return {
        "id": run.id, "at": _at(run).isoformat(), "command": run.command, "revision": run.revision or None,
        "files": [
            {"path": o.path, "to": o.to or None, "what": o.verb.value}
            for o in run.operations
            if o.verb is not Verb.PUSH
        ],
    }  # fmt: skip
