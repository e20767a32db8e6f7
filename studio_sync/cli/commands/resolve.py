"""`studio resolve`."""

import click

from studio_sync.cli.app import App, global_options, pass_app
from studio_sync.cli.options import keep_option
from studio_sync.cli.render.run import show_run


@click.command("resolve")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--field", "fields", multiple=True, metavar="NAME", help="Settle this field alone.")
@keep_option(required=True)
@click.option("-n", "--dry-run", is_flag=True, help="Print what would be done and touch nothing.")
@global_options
@pass_app
def command(app: App, paths: tuple[str, ...], fields: tuple[str, ...], keep: str, dry_run: bool) -> None:
    """Settle conflicts below PATH: keep what the files say, what the database says, or both.

    Only a conflict that was shown, by `studio pull` or `studio diff`, can be settled, and only while both
    sides are still as they were shown. Keeping the files' version makes it one to push; keeping the
    database's writes it into the file. Both puts the two versions of a text into the file, between marks
    to be edited away; `validate` and `push` refuse the file until they are.

    \b
    Examples:
      studio resolve content/acme-bank/leading-with-trust/program.md --keep files
      studio resolve content/acme-bank --field title --keep database
      studio resolve content/acme-bank/leading-with-trust/01-foundations --keep both
    """
    from studio_sync.sync.options import Keep, PullOptions, Wish
    from studio_sync.sync.pull.pull import pull

    scope = app.scope(paths)
    with app.studio() as studio:
        source = app.source()
        app.say(f"comparing with {source.label}")
        options = PullOptions(wish=Wish(Keep(keep), fields), settle_only=True)
        found = pull(studio, source, scope, options, dry_run=dry_run)
        show_run(app, "resolve", source.label, found, dry_run=dry_run, partial=True)
