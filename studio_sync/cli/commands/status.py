"""`studio status`: which records differ."""

from dataclasses import replace

import click

from studio_sync.cli.app import App, pass_app


@click.command("status")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--exit-code", is_flag=True, help="Exit with 1 if anything differs.")
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
    scope = app.scope(paths, missing_ok=True)  # status lists rows that no file has yet
    # The background survey of files has begun: import what can wait now.
    with app.studio(background=True) as studio:
        source = app.source()
        from studio_sync.cli.printing.source_lines import source_problems
        from studio_sync.core.values.problem import Severity
        from studio_sync.render.differences.status_tree import tree_lines
        from studio_sync.render.medium.next_steps import next_steps, step_sentences
        from studio_sync.render.medium.phrasing import standing_summary
        from studio_sync.sync.findings import refusal_problem
        from studio_sync.sync.status import status

        found = status(studio, source, scope)
        layout = studio.layout
        more = [*source_problems(app, studio, scope), *studio.stopped_moves()]
        found = replace(found, problems=sorted([*found.problems, *more]))

    prefix = app.workspace.prefix
    refused = [refusal_problem(refusal, prefix, found) for refusal in found.foreseen]
    shown = {(p.path, p.code) for p in refused}
    problems = [
        *refused,
        *found.stale_approvals,
        *(p for p in found.problems if (p.path, p.code) not in shown),
    ]
    stopped = {refusal.delta.rid for refusal in found.foreseen} | found.blocked | found.awaiting_deletions
    if app.json:
        outcome = "differs" if found.deltas else "ok"
        app.report("status", outcome, database=found.read_from, found=found, problems=problems, prefix=prefix)
    else:
        app.say(f"database: {found.read_from}")
        app.out.lines(tree_lines(found, layout, prefix, stopped, app.paint, every=app.verbose))
        app.tell(problems)
        if not app.quiet:
            app.out.line(standing_summary(found.deltas, found.agreed))
            for line in step_sentences(next_steps(found.moving, stopped), by_ci=app.takes_ci_only()):
                app.say(line)
    broken = any(p.severity is Severity.ERROR for p in problems)
    if exit_code and (found.deltas or broken):
        raise click.exceptions.Exit(1)
