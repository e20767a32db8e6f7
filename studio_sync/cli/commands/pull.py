"""`studio pull`: bring the database's changes into the files."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from studio_sync.cli.app import App, pass_app
from studio_sync.cli.click_options import OptionalNumber, delete_option, keep_option
from studio_sync.core.values.escapes import safe
from studio_sync.errors import UsageError

if TYPE_CHECKING:
    from studio_sync.sync.identity.adopting import Adoption


@click.command("pull", cls=OptionalNumber)
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("-n", "--dry-run", is_flag=True, help="Only print the plan.")
@delete_option("Confirm that exactly N files will be deleted.")
@keep_option()
@click.option("--adopt-ids", is_flag=True, help="Only write the ids of rows into the files at their places.")
@pass_app
def command(
    app: App,
    paths: tuple[str, ...],
    dry_run: bool,
    delete: int | None,
    keep: str | None,
    adopt_ids: bool,
) -> None:
    """Write changes from the database into the files, and change nothing else in them.

    If both sides changed different parts of a text, the changes are merged. If both changed the same part,
    the record is a conflict: it is shown and left alone. --keep resolves conflicts that were shown before. If
    a row was deleted, its file is deleted only if it has no unpushed changes.

    If the tree was exported from another database, its ids differ from the rows at the same places.
    --adopt-ids writes the ids of those rows into the files.

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
    scope = app.scope(paths, missing_ok=True)
    with app.studio(background=True) as studio:
        source = app.source()
        app.say(f"pulling from {source.label}")
        if adopt_ids:
            from studio_sync.sync.identity.adopting import adopt

            adopted = adopt(studio, source, scope, dry_run=dry_run)
            _show_adoptions(app, source.label, adopted, dry_run=dry_run)
            return
        options = PullOptions(delete=delete, decision=ConflictDecision(KeptSide(keep)) if keep else None)
        from studio_sync.sync.pull.pull import pull

        found = pull(studio, source, scope, options, dry_run=dry_run)
        from studio_sync.cli.printing.run import show_run

        show_run(app, "pull", source.label, found, dry_run=dry_run, partial=True)


def _show_adoptions(app: App, label: str, adopted: "Sequence[Adoption]", *, dry_run: bool) -> None:
    """Print each file with its old and new id line."""
    from studio_sync.core.values.phrases import counted
    from studio_sync.render.json_report import report_adoptions

    prefix, paint = app.workspace.prefix, app.paint
    if app.json:
        app.out.json(report_adoptions(label, adopted, prefix, dry_run=dry_run))
        return
    if not app.quiet:
        for adoption in adopted:
            app.out.line(f"~ {paint.path(safe(prefix + adoption.path))}")
            if adoption.before:
                app.out.line(f"  {paint.removed(f'- id: {adoption.before}')}")
            app.out.line(f"  {paint.added(f'+ id: {adoption.after}')}")
    if not adopted:
        app.out.line("every file has the id of its row, or a place of its own: nothing to adopt")
    elif dry_run:
        app.out.line(f"would be adopted: {counted(len(adopted), 'id')}")
    else:
        app.out.line(f"adopted: {counted(len(adopted), 'id')}")
        app.say("`studio status` compares the files with their rows now")
