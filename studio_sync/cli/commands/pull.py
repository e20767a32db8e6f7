"""`studio pull`: bring the database's changes into the files."""

import click

from studio_sync.cli.app import App, global_options, pass_app
from studio_sync.cli.click_options import OptionalNumber, delete_option, keep_option
from studio_sync.errors import UsageError


@click.command("pull", cls=OptionalNumber)
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("-n", "--dry-run", is_flag=True, help="Print the plan and touch nothing.")
@delete_option("Confirm that exactly N files are to be deleted.")
@keep_option()
@click.option(
    "--adopt-ids", is_flag=True, help="Write ids of rows into files at their places, and nothing else."
)
@global_options
@pass_app
def command(
    app: App,
    paths: tuple[str, ...],
    dry_run: bool,
    delete: int | None,
    keep: str | None,
    adopt_ids: bool,
) -> None:
    """Bring what the database changed into the files, and touch nothing else in them.

    Where both sides changed a text at different places, both changes stand in the file afterwards. Where
    they changed the same thing, the record is left alone and shown; --keep settles those conflicts that
    were shown before. A file whose row was deleted goes only if it still says what it said when both last
    agreed.

    A tree that was exported from another database has other ids than the rows at its places: --adopt-ids
    gives its files the ids of those rows.

    \b
    Examples:
      studio pull
      studio pull -n
      studio pull content/acme-bank/leading-with-trust
      studio pull --keep database content/acme-bank/leading-with-trust
    """
    from studio_sync.sync.options import ConflictDecision, KeptSide, PullOptions

    if adopt_ids and (keep or delete is not None):
        raise UsageError("--adopt-ids writes ids and nothing else", "leave out --keep and --delete")
    scope = app.scope(paths, gone=True)
    with app.studio(background=True) as studio:
        source = app.source()
        app.say(f"pulling from {source.label}")
        if adopt_ids:
            from studio_sync.cli.render.adoption import show_adoptions
            from studio_sync.sync.identity.adopting import adopt

            adopted = adopt(studio, source, scope, dry_run=dry_run)
            show_adoptions(app, source.label, adopted, dry_run=dry_run)
            return
        options = PullOptions(delete=delete, decision=ConflictDecision(KeptSide(keep)) if keep else None)
        from studio_sync.sync.pull.pull import pull

        found = pull(studio, source, scope, options, dry_run=dry_run)
        from studio_sync.cli.render.plans.run import show_run

        show_run(app, "pull", source.label, found, dry_run=dry_run, partial=True)
