"""`studio status`."""

import click

from studio_sync.cli.app import App, global_options, pass_app
from studio_sync.cli.paint import safe


@click.command("status")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--exit-code", is_flag=True, help="Leave with 1 if anything differs.")
@global_options
@pass_app
def command(app: App, paths: tuple[str, ...], exit_code: bool) -> None:
    """Show which records differ between the files and the database, and what settles each.

    \b
    Examples:
      studio status
      studio status content/acme-bank --json
    """
    scope = app.scope(paths)
    # From here on the files are looked at beside everything else: what can wait is imported now.
    with app.studio(ahead=True) as studio:
        source = app.source()
        found = studio.status(source, scope)
    from studio_sync.cli.show_problems import lines
    from studio_sync.cli.words import SIGNS, standing_words, summary
    from studio_sync.core.problem import Severity

    prefix = app.workspace.prefix
    if app.json:
        from studio_sync.cli.show_json import report

        outcome = "differs" if found.deltas else "ok"
        click.echo(
            report(
                "status", outcome, database=source.label, found=found, problems=found.problems, prefix=prefix
            )
        )
    else:
        app.say(f"database: {source.label}")
        for delta in found.deltas:
            sign = SIGNS[delta.action]
            path = safe(prefix + found.comparison.paths[delta.rid])
            click.echo(f"{sign} {app.paint.path(path)}  {app.paint.dim(f'({standing_words(delta)})')}")
        for line in lines(found.problems, app.paint_messages):
            click.echo(line, err=True)
        if not app.quiet:
            click.echo(summary(found.deltas, found.comparison.agreed))
            _next_step(app, {d.standing.value for d in found.deltas})
    broken = any(p.severity is Severity.ERROR for p in found.problems)
    if exit_code and (found.deltas or broken):
        raise click.exceptions.Exit(1)


def _next_step(app: App, standings: set[str]) -> None:
    hints = {
        "conflict": "`studio diff` shows both sides of a conflict",
        "ahead": "`studio push` sends what is to push",
        "behind": "`studio pull` brings what is to pull",
    }
    for standing, hint in hints.items():
        if standing in standings:
            app.say(hint)
