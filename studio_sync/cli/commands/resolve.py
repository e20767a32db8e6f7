"""`studio resolve`: settle conflicts."""

import click

from studio_sync.cli.app import App, global_options, pass_app
from studio_sync.cli.click_options import keep_option
from studio_sync.cli.render.plans.run import show_run
from studio_sync.errors import UsageError


@click.command("resolve")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--field", "fields", multiple=True, metavar="NAME", help="Settle this field alone.")
@keep_option(required=True)
@click.option("--whole", is_flag=True, help="Take one side whole, also where the two would merge.")
@click.option("--seen", metavar="TOKEN", default="", help="The database's version that you merged by hand.")
@click.option("-n", "--dry-run", is_flag=True, help="Print what would be done and touch nothing.")
@global_options
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
    """Settle conflicts below PATH: keep what the files say, what the database says, or both.

    --keep files and --keep database decide what conflicts, and nothing else: lines of a text, a key, a
    value, the place of a record. The rest merges. --whole takes one side of the records in conflict whole.
    Keeping the files' version makes it one to push; keeping the database's writes it into the file. Both
    puts the two versions of a text's lines into the file, between marks to be edited away; `validate` and
    `push` refuse the file until they are.

    Only what was shown whole is settled, by `studio pull` or `studio diff` or by this command, and only
    while it is still as it was shown. Otherwise this command shows it and settles nothing: run it again.

    --keep files --seen TOKEN is for a file that you or a program merged by hand with the database's version:
    the file is taken whole, if the database still has the version that TOKEN stands for. `seen` in the JSON
    of `pull` and `diff` is the token.

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
    scope = app.scope(paths, gone=True)
    with app.studio() as studio:
        source = app.source()
        app.say(f"comparing with {source.label}")
        options = PullOptions(
            decision=ConflictDecision(KeptSide(keep), fields, whole, seen), settle_only=True
        )
        found = pull(studio, source, scope, options, dry_run=dry_run)
        show_run(app, "resolve", source.label, found, dry_run=dry_run, partial=True)
