"""What was taken back, and what could be."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import click

from studio_sync.cli.app import App
from studio_sync.cli.render.json_report import undone_report
from studio_sync.cli.render.problems import lines
from studio_sync.cli.render.words import SIGNS, moment, number
from studio_sync.core.plan.reconcile import Action
from studio_sync.core.values.escapes import safe
from studio_sync.core.values.problem import Severity
from studio_sync.files.memory.kept import KeptRun, Verb
from studio_sync.sync.history.restore import Restored
from studio_sync.sync.history.undo import Step, Undone

_SIGNS = {Step.PUT_BACK: "~", Step.MADE_AGAIN: "+", Step.REMOVED: "-", Step.MOVED_BACK: ">"}
_MANY = 5


def show_list(app: App, runs: Sequence[KeptRun]) -> None:
    """The commands of which something is kept, newest first."""
    if app.json:
        app.out.json(undone_report([_listed(run) for run in runs]))
        return
    for run in runs:
        revision = f"  revision {run.revision[:8]}" if run.revision else ""
        app.out.line(
            f"{app.paint.changed(run.id)}  {moment(_at(run))}  {safe(run.command)}{app.paint.dim(revision)}"
        )
        paths = _paths(run)
        for path in paths if app.verbose else paths[:_MANY]:
            app.out.line(f"    {app.paint.path(safe(path))}")
        if len(paths) > _MANY and not app.verbose:
            app.out.line(
                app.paint.dim(f"    … and {number(len(paths) - _MANY, 'more file')} (-v lists them)")
            )
    if not runs:
        app.out.line("nothing was replaced here of which anything is kept")


def show(app: App, undone: Undone | None, restored: Restored | None, database: str, *, dry_run: bool) -> None:
    """What was taken back, or would be; leaves with 1 where something was left."""
    left = sorted((*(undone.left if undone else ()), *(restored.left if restored else ())))
    prefix = app.workspace.prefix
    if app.json:
        app.out.json(undone_report([], undone, restored, database, prefix, left))
    else:
        count = 0
        for taken in undone.taken if undone else ():
            count += 1
            to = f" → {safe(taken.old)}" if taken.old else ""
            path = app.paint.path(safe(taken.path))
            app.out.line(f"{_SIGNS[taken.step]} {path}{to}  {app.paint.dim(f'({taken.step.value})')}")
        for revival in restored.revivals if restored else ():
            count += 1
            fields = ", ".join(revival.values) if revival.action is Action.UPDATE else ""
            said = "; ".join(filter(None, (fields, revival.note)))
            path = app.paint.path(safe(prefix + revival.path))
            app.out.line(f"{SIGNS[revival.action]} {path}  {app.paint.dim(safe(f'({said})'))}")
        for line in lines(left, app.paint_messages):
            app.out.say(line)
        app.out.line(_summary(undone, restored, count, dry_run=dry_run))
        if count and not dry_run:
            app.say("`studio diff` shows what that changes, `studio push` sends it")
    if any(problem.severity is Severity.ERROR for problem in left):
        raise click.exceptions.Exit(1)


def _summary(undone: Undone | None, restored: Restored | None, count: int, *, dry_run: bool) -> str:
    if undone is not None:
        what, at = undone.run.command, _at(undone.run)
    else:
        what, at = "push", restored.moment.at.astimezone() if restored else datetime.now().astimezone()
    if not count and undone is not None and all(o.verb is Verb.SETTLED for o in undone.run.operations):
        return (
            f"nothing to take back of the {safe(what)} at {moment(at)}: it changed no file;"
            " `studio undo --list` shows what came before"
        )
    if not count:
        return f"nothing to take back of the {safe(what)} at {moment(at)}"
    verb = "would take back" if dry_run else "took back"
    return f"{verb} {number(count, 'file')} of the {safe(what)} at {moment(at)}"


def _at(run: KeptRun) -> datetime:
    return datetime.fromtimestamp(run.at / 10**9).astimezone()


def _paths(run: KeptRun) -> list[str]:
    """The files that a run did something to, each once."""
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
