"""`studio show`: the changes of one run, or a file as on one side."""

import click

from studio_sync.cli.app import App, pass_app
from studio_sync.errors import UsageError


@click.command("show")
@click.argument("revision", metavar="REV")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--full", is_flag=True, help="Show new and deleted records in full.")
@click.option(
    "--side",
    type=click.Choice(["base", "files", "database"]),
    help="Print the file at PATH as this side has it.",
)
@pass_app
def command(app: App, revision: str, paths: tuple[str, ...], full: bool, side: str | None) -> None:
    """Show what the push or pull REV changed in each record, before and after.

    REV is an id from `studio log`, or the beginning of one.

    With --side and PATH instead of REV, print the whole file as one side has it: `files`, `database`, or
    `base`, the merge base. The output is byte for byte what a pull would write, so merge tools can use it.

    \b
    Examples:
      studio show 3f9a2b1c
      studio show 3f9a2b1c content/acme-bank/leading-with-trust --full
      studio show --side database content/acme-bank/client.md > theirs.md
    """
    if side is not None:
        _show_side(app, (revision, *paths), side)
        return
    from studio_sync.render.log_text import event_lines, log_report, run_lines
    from studio_sync.sync.history.log import run_details

    scope = app.scope(paths, missing_ok=True)
    with app.studio() as studio:
        source = app.source()
        found = run_details(studio, source, revision, scope)
    prefix = app.workspace.prefix
    if app.json:
        app.out.json(log_report("show", source.label, found, prefix))
        return
    app.tell(found.problems)
    (chapter,) = found.chapters
    app.out.lines(run_lines(chapter.run, app.paint))
    for event in chapter.events:
        app.out.lines(event_lines(event, prefix, app.screen(full=full)))
    if not chapter.events:
        app.say("it changed nothing here")


def _show_side(app: App, paths: tuple[str, ...], side: str) -> None:
    """Print the file at one path as on a side. Raises UsageError if that side has no such record."""
    from studio_sync.sync.status import side_text

    if len(paths) != 1:
        raise UsageError("--side shows one file", "give one path")
    path = app.file(paths[0])
    with app.studio() as studio:
        source = app.source()
        text = side_text(studio, source, path, side)
    shown = app.workspace.prefix + path
    if app.json:
        app.report("show", database=source.label, side=side, path=shown, text=text)
    elif text is None:
        raise UsageError(f"{shown} has no version on that side: {side}", "`studio status` shows its state")
    else:
        app.out.content(text)
