"""Rendering of a push or pull: what it did, or would do."""

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from studio_sync.cli.app import App
from studio_sync.core.plan.decision import Choice
from studio_sync.core.plan.reconcile import Standing
from studio_sync.core.plan.trailers import trailer_line
from studio_sync.core.values.escapes import safe
from studio_sync.core.values.problem import Problem, Severity
from studio_sync.render.medium.phrasing import SIGNS, change_words, counted, decided, did
from studio_sync.render.problems import lines
from studio_sync.sync import findings
from studio_sync.sync.outcome import Outcome

if TYPE_CHECKING:
    from studio_sync.render.conflicts.conflict_page import ConflictPage
    from studio_sync.sync.compare.conflicts.contested import Contested

_VERBS = {"push": "pushed", "pull": "pulled", "resolve": "written"}

_MANY = 40
"""More changes than this are counted, not listed, unless with -v."""


def show_run(
    app: App,
    command: str,
    label: str,
    found: Outcome,
    *,
    dry_run: bool,
    partial: bool,
    markdown: bool = False,
) -> None:
    """Print the outcome of a push or pull, and exit with 1 if anything was refused or held.

    With `markdown` the plan of a push is printed as a pull request comment.
    """
    prefix = app.workspace.prefix
    refused = findings.refused(found, prefix, _deletion_way, every=app.json or app.verbose)
    others = findings.others(found, refused)
    problems = sorted(findings.reported_once({*refused, *others}))
    if app.quiet and not app.json:
        problems = [_unshown(problem) for problem in problems]
    blocked = bool(refused) or any(p.severity is Severity.ERROR or p.code in findings.HELD for p in others)
    stopped = (
        command == "push"
        and not partial
        and (bool(found.plan.refused) or any(p.severity is Severity.ERROR for p in others))
    )
    if app.json:
        from studio_sync.cli.printing.conflict_list import remember_all
        from studio_sync.render.json_report import report

        outcome = "refused" if blocked else "differs" if dry_run and found.plan.changes else "ok"
        app.out.json(report(command, outcome, database=label, found=found, problems=problems, prefix=prefix))
        remember_all(app, found)
    elif markdown:
        from studio_sync.cli.printing.markdown_plan import comment

        app.out.text(comment(app, found, problems, stopped=stopped))
    else:
        _show_changes(app, command, found, prefix, dry_run=dry_run, stopped=stopped)
        pages = [] if app.quiet or not found.contested else _show_conflicts(app, found)
        for line in lines(problems, app.paint_messages, every=app.verbose):
            app.out.say(line)
        if pages:
            from studio_sync.cli.printing.conflict_list import remember

            remember(app, found, pages)
    if blocked:
        raise click.exceptions.Exit(1)


def _unshown(problem: Problem) -> Problem:
    """With -q conflicts are not shown, so that no decision about them is possible."""
    if problem.code != "not-shown":
        return problem
    return replace(problem, hint="run the command without -q: it prints what it is about; then again")


def _show_conflicts(app: App, found: Outcome) -> "list[tuple[Contested, ConflictPage]]":
    """Print the remaining conflicts."""
    from studio_sync.cli.printing.conflict_list import conflict_page

    pages = [(contested, conflict_page(app, found, contested)) for contested in found.contested]
    for _, page in pages:
        for line in page.lines:
            app.out.line(line)
    return pages


def _deletion_way(path: str) -> str:
    return (
        "`studio push --delete` deletes it, and so does, in CI, a commit with the line"
        f" `{trailer_line(Choice.DELETE, path)}`; or else restore the file"
    )


def _show_changes(
    app: App, command: str, found: Outcome, prefix: str, *, dry_run: bool, stopped: bool
) -> None:
    changes = found.plan.changes if dry_run or stopped else found.done
    tail = decided(changes) if command == "push" else ""
    if not app.quiet:
        everything = app.verbose or len(changes) <= _MANY
        # Approvals and decisions are always listed; a plan shows approvals first.
        shown = [c for c in changes if everything or (tail and (c.approves or c.decisions))]
        for change in sorted(shown, key=lambda c: dry_run and not c.approves):
            words = change_words(change)
            fields = f"  ({words})" if words else ""
            path = app.paint.path(safe(prefix + change.path))
            app.out.line(f"{SIGNS[change.action]} {path}{app.paint.dim(safe(fields))}")
    if not app.quiet:
        for rid, names in found.resolved.items():
            path = app.paint.path(safe(prefix + found.comparison.paths[rid]))
            what = f"  (resolved: {', '.join(sorted(names)) or 'the whole record'})"
            app.out.line(f"= {path}{app.paint.dim(safe(what))}")
        for dependents in found.plan.dependents:
            app.out.line(f"! {safe(str(dependents))}")
        for hanging in found.plan.hanging:
            app.out.line(f"  {app.paint.dim(safe(f'held back with what is not deleted: {hanging}'))}")
    verb = _VERBS[command]
    if stopped:
        app.out.line("nothing was pushed" if not dry_run else "this push would be refused")
        if found.plan.changes and not dry_run:
            app.say(
                f"{counted(len(found.plan.changes), 'other record')} would go with --partial,"
                " or with a narrower path"
            )
    elif dry_run and changes:
        app.out.line(f"would be {verb}: {did(c.action for c in changes)}{tail}")
    elif changes:
        app.out.line(f"{verb}: {did(c.action for c in changes)}{tail}")
    elif not app.quiet and not found.resolved and not found.contested:
        app.out.line(f"nothing to {command}")
    other = Standing.BEHIND if command == "push" else Standing.AHEAD
    left = sum(1 for d in found.deltas if d.standing is other or d.having(other))
    if left and not app.quiet:
        way = "pull" if command == "push" else "push"
        app.say(f"{counted(left, 'record')} to {way}: run `studio {way}`")
