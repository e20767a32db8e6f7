"""`studio pull`."""

import click

from studio_sync.cli.app import App, global_options, pass_app
from studio_sync.cli.options import OptionalNumber, delete_option
from studio_sync.cli.show_run import show_run


@click.command("pull", cls=OptionalNumber)
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("-n", "--dry-run", is_flag=True, help="Print the plan and touch nothing.")
@delete_option("Confirm that exactly N files are to be deleted.")
@global_options
@pass_app
def command(app: App, paths: tuple[str, ...], dry_run: bool, delete: int | None) -> None:
    """Bring what only the database changed into the files, and touch nothing else in them.

    What both sides changed is left alone and named. A file whose row was deleted goes only if it still
    says what it said when they last agreed.

    \b
    Examples:
      studio pull
      studio pull -n
      studio pull content/acme-bank/leading-with-trust
    """
    from studio_sync.sync.pull import PullOptions

    scope = app.scope(paths)
    with app.studio(ahead=True) as studio:
        source = app.source()
        app.say(f"pulling from {source.label}")
        found = studio.pull(source, scope, PullOptions(delete=delete), dry_run=dry_run)
        show_run(app, "pull", source.label, found, dry_run=dry_run, partial=True)
