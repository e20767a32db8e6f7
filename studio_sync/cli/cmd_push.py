"""`studio push`."""

import click

from studio_sync.cli.app import App, global_options, pass_app
from studio_sync.cli.options import OptionalNumber, delete_option
from studio_sync.cli.show_run import show_run


@click.command("push", cls=OptionalNumber)
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("-n", "--dry-run", is_flag=True, help="Print the plan and touch nothing.")
@click.option("--partial", is_flag=True, help="Push what can be pushed, and name the rest.")
@click.option("--frozen", is_flag=True, help="Change no file; refuse what has no id. For CI.")
@delete_option("Delete rows whose files were deleted; N confirms how many.")
@global_options
@pass_app
def command(
    app: App, paths: tuple[str, ...], dry_run: bool, partial: bool, frozen: bool, delete: int | None
) -> None:
    """Send what only the files changed to the database, in one transaction.

    What the database changed, too, is never overwritten: it is named, and nothing is pushed until it is
    settled, or what can be with --partial. Deleted files delete nothing unless --delete says so.

    \b
    Examples:
      studio push
      studio push -n content/acme-bank
      studio push --delete
    """
    from studio_sync.sync.push import PushOptions

    scope = app.scope(paths)
    options = PushOptions(delete=delete, frozen=frozen, partial=partial)
    with app.studio(ahead=True) as studio:
        source = app.source(writes=True)
        app.say(f"pushing to {source.label}")
        found = studio.push(source, scope, options, dry_run=dry_run)
        show_run(app, "push", source.label, found, dry_run=dry_run, partial=partial)
