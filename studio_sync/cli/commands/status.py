"""`studio status`: which records differ."""

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

import click

from studio_sync.cli.app import App, global_options, pass_app

if TYPE_CHECKING:
    from studio_sync.core.plan.reconcile import Delta
    from studio_sync.core.values.record import Rid


@click.command("status")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--exit-code", is_flag=True, help="Exit with 1 if anything differs.")
@global_options
@pass_app
def command(app: App, paths: tuple[str, ...], exit_code: bool) -> None:
    """List records that differ between files and database, with the command that resolves each.

    Also listed: status steps that a push would refuse, and approved or published records that changed since
    or have unfinished work below them.

    \b
    Examples:
      studio status
      studio status content/acme-bank --json
    """
    scope = app.scope(paths)
    # The background survey of files has begun: import what can wait now.
    with app.studio(background=True) as studio:
        source = app.source()
        from studio_sync.sync.status import status

        found = status(studio, source, scope)
        from studio_sync.cli.printing.source_lines import source_problems

        layout = studio.layout
        found.problems = sorted([*found.problems, *source_problems(app, studio, scope)])
    from studio_sync.core.values.problem import Severity
    from studio_sync.render.differences.status_tree import tree_lines
    from studio_sync.render.medium.phrasing import standing_summary
    from studio_sync.render.problems import lines
    from studio_sync.sync.findings import refusal_problem

    prefix = app.workspace.prefix
    refused = [refusal_problem(refusal, prefix, found) for refusal in found.foreseen]
    shown = {(p.path, p.code) for p in refused}
    problems = [
        *refused,
        *found.stale_approvals,
        *(p for p in found.problems if (p.path, p.code) not in shown),
    ]
    stopped = {refusal.delta.rid for refusal in found.foreseen} | found.blocked
    if app.json:
        from studio_sync.render.json_report import report

        outcome = "differs" if found.deltas else "ok"
        app.out.json(
            report("status", outcome, database=found.read_from, found=found, problems=problems, prefix=prefix)
        )
    else:
        app.say(f"database: {found.read_from}")
        for line in tree_lines(found, layout, prefix, stopped, app.paint, every=app.verbose):
            app.out.line(line)
        for line in lines(problems, app.paint_messages, every=app.verbose):
            app.out.say(line)
        if not app.quiet:
            app.out.line(standing_summary(found.deltas, found.comparison.agreed))
            _next_step(app, found.deltas, stopped)
    broken = any(p.severity is Severity.ERROR for p in problems)
    if exit_code and (found.deltas or broken):
        raise click.exceptions.Exit(1)


def _next_step(app: App, deltas: "Sequence[Delta]", stopped: "Collection[Rid]") -> None:
    """Print the commands to continue with, except those that would be refused."""
    from studio_sync.core.plan.reconcile import Standing
    from studio_sync.render.medium.phrasing import is_held

    ahead = Standing.AHEAD
    standings = {
        d.standing.value for d in deltas if d.standing is not ahead or not (is_held(d) or d.rid in stopped)
    }
    hints = {
        "conflict": "`studio diff` shows both sides of a conflict",
        "ahead": "`studio push` writes your changes to the database",
        "behind": "`studio pull` writes changes from the database into the files",
    }
    for standing, hint in hints.items():
        if standing in standings:
            app.say(hint)
    if any(map(is_held, deltas)):
        app.say("`studio push --delete` deletes the rows whose deletion is held")
