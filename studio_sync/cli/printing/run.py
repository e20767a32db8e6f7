"""Printing of a push or pull: what it did, or would do."""

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from studio_sync.cli.app import App
from studio_sync.core.values.escapes import safe
from studio_sync.core.values.phrases import counted
from studio_sync.core.values.problem import Problem
from studio_sync.render.medium.phrasing import SIGNS, change_words, decided
from studio_sync.render.run_view import RunView, run_view
from studio_sync.sync.outcome import Outcome

if TYPE_CHECKING:
    from studio_sync.render.conflicts.conflict_page import ConflictPage
    from studio_sync.sync.compare.conflicts.contested import Contested

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
    """Print the outcome of a push or pull, and exit with another code than 0 if anything was left.

    With `markdown` the plan of a push is printed as a pull request comment.
    """
    every = app.json or app.verbose
    view = run_view(
        command, label, app.workspace.prefix, found, dry_run=dry_run, partial=partial, every=every
    )
    if app.json:
        from studio_sync.cli.printing.conflict_list import remember_all

        app.out.json(view.json())
        remember_all(app, found)
    elif markdown:
        from studio_sync.cli.printing.markdown_plan import comment

        app.out.text(comment(app, view))
    else:
        _show_text(app, view)
    if view.exit_code:
        raise click.exceptions.Exit(view.exit_code)


def _show_text(app: App, view: RunView) -> None:
    found = view.found
    if not app.quiet:
        app.out.lines(_rows(app, view))
    summary = view.summary
    if summary and (view.stopped or view.changes or not app.quiet):
        app.out.line(summary)
    if view.stopped and found.plan.changes and not view.dry_run:
        others = counted(len(found.plan.changes), "other record")
        app.say(f"{others} would go with --partial, or with a narrower path")
    for line in () if app.quiet else view.left(by_ci=app.takes_ci_only()):
        app.say(line)
    pages = [] if app.quiet or not found.contested else _show_conflicts(app, found)
    problems = map(_unshown, view.problems) if app.quiet else view.problems
    app.tell(problems)
    if pages:
        from studio_sync.cli.printing.conflict_list import remember

        remember(app, found, pages)


def _rows(app: App, view: RunView) -> Iterator[str]:
    """A row for each change, each resolved record, and the rows of other tables that go along."""
    found, tail = view.found, decided(view.changes) if view.command == "push" else ""
    everything = app.verbose or len(view.changes) <= _MANY
    # Approvals and decisions are always listed; a plan shows approvals first.
    shown = [c for c in view.changes if everything or (tail and (c.approves or c.decisions))]
    for change in sorted(shown, key=lambda c: view.dry_run and not c.approves):
        words = change_words(change)
        yield _row(app, SIGNS[change.action], view.prefix + change.path, f"({words})" if words else "")
    for rid, names in found.resolved.items():
        what = f"(resolved: {', '.join(sorted(names)) or 'the whole record'})"
        yield _row(app, "=", view.prefix + found.comparison.paths[rid], what)
    yield from (f"! {safe(str(dependents))}" for dependents in found.plan.dependents)
    for hanging in found.plan.hanging:
        yield f"  {app.paint.dim(safe(f'held back with what is not deleted: {hanging}'))}"


def _row(app: App, sign: str, path: str, what: str) -> str:
    behind = app.paint.dim(safe(f"  {what}")) if what else ""
    return f"{sign} {app.paint.path(safe(path))}{behind}"


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
        app.out.lines(page.lines)
    return pages
