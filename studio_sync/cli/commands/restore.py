"""`studio restore`: write files as they were at an earlier moment."""

import click

from studio_sync.cli.app import App, pass_app


@click.command("restore")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option(
    "--to",
    default="",
    metavar="REV|TIME",
    help="The version: after REV, right before it (REV^), or at TIME. Default: the newest.",
)
@click.option("-n", "--dry-run", is_flag=True, help="Only print what would be written.")
@pass_app
def command(app: App, paths: tuple[str, ...], to: str, dry_run: bool) -> None:
    """Restore the files below each PATH to REV or TIME, including records deleted since.

    Without --to, a file that was deleted, and whose row is still there, comes back as last pushed or pulled.

    REV is an id from `studio log`; REV^ is the state right before it. The result is an ordinary local change:
    check it with `studio diff`, then push it. No file is deleted. A file with changes that are stored nowhere
    else is not overwritten. A record keeps its place; a deleted one returns to its last place with its old
    id.

    \b
    Examples:
      studio restore content/acme-bank/client.md
      studio restore content/acme-bank/client.md --to 3f9a2b1c
      studio restore content/acme-bank/leading-with-trust --to 3f9a2b1c^ -n
      studio restore content/acme-bank --to 2026-03-01T09:00
    """
    from studio_sync.cli.printing.undo_text import revival_line
    from studio_sync.core.values.phrases import counted
    from studio_sync.core.values.problem import Severity
    from studio_sync.render.medium.next_steps import look_and_send
    from studio_sync.render.medium.phrasing import minute_text
    from studio_sync.sync.history.restore import restore

    scope = app.scope(paths, missing_ok=True)
    with app.studio() as studio:
        source = app.source()
        app.say(f"database: {source.label}")
        found = restore(studio, source, scope, to, dry_run=dry_run)
    if app.json:
        from studio_sync.render.json_report import restored

        app.out.json(restored(found, source.label, app.workspace.prefix))
    else:
        for revival in found.revivals:
            app.out.line(revival_line(app, revival))
        app.tell(sorted(found.left))
        before = "right before " if found.moment.before else ""
        when = f"{before}{minute_text(found.moment.at.astimezone())}"
        verb = "would restore" if dry_run else "restored"
        if found.revivals:
            app.out.line(f"{verb} {counted(len(found.revivals), 'file')} as of {when}")
            app.say(look_and_send(by_ci=app.takes_ci_only()))
        else:
            app.out.line("nothing to restore")
        if found.settled:
            app.say(f"{counted(found.settled, 'file')} as then already")
    if any(p.severity is Severity.ERROR for p in found.left):
        raise click.exceptions.Exit(found.exit_code)
