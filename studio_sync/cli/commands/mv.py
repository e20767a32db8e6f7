"""`studio mv`: rename, renumber, reorder or move records."""

import click

from studio_sync.cli.app import App, global_options, pass_app
from studio_sync.errors import UsageError


@click.command("mv")
@click.argument("source", metavar="FROM")
@click.argument("to", default="", metavar="[TO]")
@click.option("--before", metavar="OTHER", default="", help="Put it before this one; the rest move on.")
@click.option("--after", metavar="OTHER", default="", help="Put it after this one; the rest move on.")
@click.option("-n", "--dry-run", is_flag=True, help="Print what would be renamed and touch nothing.")
@global_options
@pass_app
def command(app: App, source: str, to: str, before: str, after: str, dry_run: bool) -> None:
    """Rename, renumber, reorder, or move a record; its id stays, and links still lead where they led.

    FROM is a path, or a number or name that only one record nearby has. TO is a new number, a new name,
    the folder of another parent, or a whole new path; without it the folder is named after its title. A
    number that is taken makes the others move on. Sessions get other numbers along with their chapter.
    Relative links are corrected in Markdown, in what moves and in what links to it.

    Where git tracks the files they are moved with `git mv`. If anything goes wrong, everything is as it
    was. Needs no database: the next push writes the new places into the rows.

    \b
    Examples:
      studio mv 1.4 --before 1.2
      studio mv 1.4-old-name 1.4-better-name
      studio mv content/acme-bank/leading-with-trust/02-practice/2.1-asking ../01-foundations
      studio mv 02-practice 3 -n
    """
    from studio_sync.cli.render.draft_text import show_draft
    from studio_sync.sync.authoring.authoring_context import AuthoringContext
    from studio_sync.sync.authoring.move import RecordMove

    if bool(to) + bool(before) + bool(after) > 1:
        raise UsageError("TO, --before and --after each name a place", "give one of them")
    context = AuthoringContext(app.workspace, app.here)
    if dry_run:
        draft = RecordMove(context, source, to, before, after).draft()
    else:
        with context.lock():
            if context.finish():
                app.say("what a stopped run had left half moved is done")
            draft = RecordMove(context, source, to, before, after).draft()
            context.carry_out(draft)
    show_draft(app, "mv", draft, dry_run=dry_run)
    if not draft.renames and not draft.edits:
        app.say("nothing to move: it is there already")
