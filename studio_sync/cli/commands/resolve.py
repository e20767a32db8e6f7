"""`studio resolve`: resolve conflicts."""

import re

import click

from studio_sync.cli.app import App, pass_app
from studio_sync.cli.click_options import keep_option
from studio_sync.cli.printing.run import show_run
from studio_sync.core.merge.parts import PartKind
from studio_sync.core.values.nearest import did_you_mean
from studio_sync.core.values.record import PARENT
from studio_sync.errors import UsageError
from studio_sync.kinds import KINDS


@click.command("resolve")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option(
    "--field", "fields", multiple=True, metavar="NAME", help="Resolve only this field; can be repeated."
)
@keep_option(required=True)
@click.option("--whole", is_flag=True, help="Keep one side of the whole record; merge nothing.")
@click.option("--seen", metavar="TOKEN", default="", help="The database version that you merged by hand.")
@click.option("-n", "--dry-run", is_flag=True, help="Only print what would be done.")
@pass_app
def command(
    app: App,
    paths: tuple[str, ...],
    fields: tuple[str, ...],
    keep: str,
    whole: bool,
    seen: str,
    dry_run: bool,
) -> None:
    """Resolve conflicts below PATH: keep the files' version, the database's, or both.

    --keep files and --keep database decide only the conflicting parts: lines of a text, a key, a value, the
    place of a record. Everything else is merged. With --whole, the chosen side replaces the whole record.
    --keep files makes the file's version ready to push; --keep database writes the row's version into the
    file. --keep both writes both versions of the lines into the file, between conflict markers. Edit them
    away: `validate` and `push` refuse a file with markers.

    Only a conflict that was shown in full can be resolved, and only while it is unchanged. `studio pull`,
    `studio diff` and this command show it; if it was not shown yet, this command shows it and changes
    nothing. Run it again.

    If you or a program merged a file by hand, use --keep files --seen TOKEN. The whole file is kept, provided
    the database still has the version that TOKEN names. TOKEN is the value `seen` in the JSON output of
    `pull` and `diff`.

    \b
    Examples:
      studio resolve content/acme-bank/leading-with-trust/program.md --keep files
      studio resolve content/acme-bank --field title --keep database
      studio resolve content/acme-bank/leading-with-trust/01-foundations --keep both
    """
    from studio_sync.sync.options import ConflictDecision, KeptSide, PullOptions
    from studio_sync.sync.pull.pull import pull

    if whole and keep == "both":
        raise UsageError("--whole takes one side", "say which one: --keep files, or --keep database")
    if seen and (keep != "files" or fields or whole):
        raise UsageError("--seen takes the file whole, as it is", "give it with --keep files alone")
    _known(fields)
    scope = app.scope(paths, missing_ok=True)
    with app.studio() as studio:
        source = app.source()
        app.say(f"comparing with {source.label}")
        options = PullOptions(
            decision=ConflictDecision(KeptSide(keep), fields, whole, seen), resolve_only=True
        )
        found = pull(studio, source, scope, options, dry_run=dry_run)
        show_run(app, "resolve", source.label, found, dry_run=dry_run, partial=True)


def _known(fields: tuple[str, ...]) -> None:
    """Refuse what is no field of any record, so that a mistyped one is not taken for one without conflict."""
    slots = (kind.slot.column for kind in KINDS if kind.slot)
    known = {PARENT, PartKind.PLACE.value, *slots, *(field.name for kind in KINDS for field in kind.fields)}
    for name in fields:
        if name not in known:
            whole = re.split(r"[.\[]", name)[0]
            hint = did_you_mean(whole, known) or f"fields are {', '.join(sorted(known))}"
            raise UsageError(f"no record has a field {name}", hint)
