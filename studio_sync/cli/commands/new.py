"""`studio new`: create a record's file."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from studio_sync.cli.app import App, pass_app
from studio_sync.core.values.phrases import a
from studio_sync.errors import UsageError
from studio_sync.kinds import KINDS

if TYPE_CHECKING:
    from studio_sync.core.values.kind import Kind


@click.command("new")
@click.argument("word", metavar="KIND", type=click.Choice(list(KINDS.words)))
@click.argument("place", default="", metavar="[PATH]")
@click.option(
    "--title", "--name", "title", metavar="TEXT", default="", help="The title or name of the record."
)
@click.option("--type", "type_", metavar="TYPE", default="", help="The type of a knowledge document.")
@click.option(
    "--slug", metavar="NAME", default="", help="The name of the folder, for kinds without a number."
)
@click.option("--before", metavar="OTHER", default="", help="Insert it before OTHER.")
@click.option("--after", metavar="OTHER", default="", help="Insert it after OTHER.")
@click.option("--full", is_flag=True, help="Also create the files that belong into the folder.")
@click.option("-n", "--dry-run", is_flag=True, help="Only print what would be created.")
@pass_app
def command(
    app: App,
    word: str,
    place: str,
    title: str,
    type_: str,
    slug: str,
    before: str,
    after: str,
    full: bool,
    dry_run: bool,
) -> None:
    """Create a record: its folder, its number, its id, and a file to start from.

    PATH is the parent; by default the current folder. --before and --after take a number or a path. Records
    after that position are renumbered: their folders are renamed, their ids stay, and links to them are
    updated. The new file has the keys of its schema, each with a description. A template of the workspace,
    templates/KIND.md or KIND.yaml, replaces it. Needs no database.

    On a terminal, studio asks for missing values.

    \b
    Examples:
      studio new program content/acme-bank --name "Leading with trust"
      studio new chapter content/acme-bank/leading-with-trust --title Foundations
      studio new session content/acme-bank/leading-with-trust/01-foundations --title "Why quizzes work"
      studio new session --title "A first quiz" --after 1.2 --full
      studio new knowledge content/acme-bank --type terminology
    """
    from studio_sync.cli.printing.draft_text import say_finished, show_draft
    from studio_sync.sync.authoring.authoring_context import AuthoringContext
    from studio_sync.sync.authoring.new import Maker, NewRequest, missing

    if before and after:
        raise UsageError("--before and --after name two places", "give one of them")
    context = AuthoringContext(app.workspace, app.here)
    if dry_run:
        app.tell(context.foreseen())
    elif context.is_stopped():  # before the parent is looked for: it may be what moves
        with context.lock():
            say_finished(app, context.finish())
    kind, parent = context.find.parent(KINDS.words[word], place)
    titled, types = missing(context, kind, parent)
    if titled and not title:
        title = _ask(app, f"the {kind.heading} of the {kind.name}", "--title")
    if not kind.folder and kind.slot is not None and not type_:
        type_ = _ask(app, f"the type of the {kind.name}", "--type", types)
    _check(kind, type_, slug)
    request = NewRequest(kind, parent, title.strip(), type_ or slug, before, after, full)
    maker = Maker(context, request)
    if dry_run:
        draft = maker.draft()
    else:
        with context.lock():
            say_finished(app, context.finish())
            draft = maker.draft()
            context.carry_out(draft)
    show_draft(app, "new", draft, dry_run=dry_run, problems=maker.problems())
    clients = app.workspace.clients
    if parent is None and clients is not None and kind.slot and maker.slot not in clients:
        app.say(f"studio.yaml holds other clients only: add {maker.slot} to its `clients`")


def _check(kind: "Kind", type_: str, slug: str) -> None:
    named_by_type = kind.slot is not None and not kind.folder
    if type_ and not named_by_type:
        raise UsageError(f"{a(kind.name)} has no type", "leave --type out")
    if slug and (kind.slot is None or named_by_type):
        raise UsageError(f"{a(kind.name)} has no folder of its own", "leave --slug out")


def _ask(app: App, what: str, option: str, choices: Sequence[str] = ()) -> str:
    """Ask the person at the terminal; without a terminal the missing option is an error."""
    hint = f"give it with {option}" + (f": {', '.join(choices)}" if choices else "")
    if app.json or not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError(f"{what} is missing", hint)
    return app.out.ask(what, choices)
