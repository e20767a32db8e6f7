"""`studio mv`: rename, renumber, reorder or move records."""

import click

from studio_sync.cli.app import App, pass_app
from studio_sync.errors import UsageError


@click.command("mv")
@click.argument("source", metavar="FROM", default="")
@click.argument("to", default="", metavar="[TO]")
@click.option("--before", metavar="OTHER", default="", help="Insert it before OTHER.")
@click.option("--after", metavar="OTHER", default="", help="Insert it after OTHER.")
@click.option("-n", "--dry-run", is_flag=True, help="Only print what would be renamed.")
@click.option(
    "--stopped",
    type=click.Choice(["finish", "forget"]),
    help="Finish a move whose run was killed, or leave all files where they are now.",
)
@pass_app
def command(
    app: App, source: str, to: str, before: str, after: str, dry_run: bool, stopped: str | None
) -> None:
    """Rename, renumber, reorder or move a record. Its id stays, and links are updated.

    FROM is a path, or a number or name that is unique nearby. TO is a new number, a new name, another parent
    folder, or a full new path. Without TO, the folder is renamed after its title. If a number is taken, the
    records there get the next numbers. Sessions are renumbered with their chapter. Relative links are updated
    in the moved Markdown files and in all files that link to them.

    Files that git tracks are moved with `git mv`. If a step fails, everything is rolled back. Needs no
    database; the next push updates the rows.

    \b
    Examples:
      studio mv 1.4 --before 1.2
      studio mv 1.4-old-name 1.4-better-name
      studio mv content/acme-bank/leading-with-trust/02-practice/2.1-asking 01-foundations
      studio mv 02-practice 3 -n
      studio mv --stopped finish
    """
    from studio_sync.cli.printing.draft_text import say_finished, show_draft
    from studio_sync.files.workspace.draft import Draft
    from studio_sync.files.workspace.stopped_move import Reached
    from studio_sync.sync.authoring.authoring_context import AuthoringContext
    from studio_sync.sync.authoring.move import RecordMove

    if bool(to) + bool(before) + bool(after) > 1:
        raise UsageError("TO, --before and --after each name a place", "give one of them")
    context = AuthoringContext(app.workspace, app.here)
    if stopped:
        if source or before or after or dry_run:
            raise UsageError("--stopped goes alone", "leave out what else is to be moved")
        with context.lock():
            found = context.finish() if stopped == "finish" else None
            if found is None:
                context.mover.forget()
                app.say("no move is left to finish")
        say_finished(app, found)
        if app.json:
            done = found.draft if found and found.reached is not Reached.OLD else Draft()
            show_draft(app, "mv", done, dry_run=False)
        return
    if not source:
        raise UsageError("what is to be moved?", "give its path, or its number or name")
    if dry_run:
        app.tell(context.foreseen())
        draft = RecordMove(context, source, to, before, after).draft()
    else:
        with context.lock():
            say_finished(app, context.finish())
            draft = RecordMove(context, source, to, before, after).draft()
            context.carry_out(draft)
    show_draft(app, "mv", draft, dry_run=dry_run)
    if not draft.renames and not draft.edits:
        app.say("nothing to move: it is there already")
