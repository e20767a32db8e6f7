"""`studio push`: send the files' changes to the database."""

import click

from studio_sync.cli.app import App, pass_app
from studio_sync.cli.click_options import OptionalNumber, delete_option
from studio_sync.core.plan.decision import Choice, Grant
from studio_sync.errors import StudioError, UsageError


@click.command("push", cls=OptionalNumber)
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("-n", "--dry-run", is_flag=True, help="Only print the plan.")
@click.option("--partial", is_flag=True, help="Push what can be pushed and list the rest.")
@click.option("--frozen", is_flag=True, help="Change no file, and refuse records without an id. For CI.")
@delete_option("Delete rows of deleted files; N confirms the number.")
@click.option(
    "--delete-with",
    multiple=True,
    metavar="TABLE",
    help="Allow dependent rows of TABLE to be deleted; can be repeated.",
)
@click.option("-m", "--message", default="", metavar="TEXT", help="The reason, recorded in the ledger.")
@click.option("--reopen", is_flag=True, help="Allow steps back in status. Needs -m.")
@click.option("--renumber", is_flag=True, help="Allow approved records to be renumbered or moved. Needs -m.")
@click.option("--import", "imports", is_flag=True, help="Allow new rows to start at any status.")
@click.option("--no-approve", is_flag=True, help="Refuse all steps to approved or published.")
@click.option("--since", default="", metavar="REV", help="Read trailers from the commits after REV.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "markdown"]),
    default="text",
    help="The format of a plan; markdown is for comments on pull requests.",
)
@pass_app
def command(
    app: App,
    paths: tuple[str, ...],
    dry_run: bool,
    partial: bool,
    frozen: bool,
    delete: int | None,
    delete_with: tuple[str, ...],
    message: str,
    reopen: bool,
    renumber: bool,
    imports: bool,
    no_approve: bool,
    since: str,
    form: str,
) -> None:
    """Write local changes to the database, in one transaction.

    A push never overwrites what changed in the database. It lists such records and pushes nothing until they
    are resolved; with --partial it pushes the others. Rows of deleted files are only deleted with --delete.

    A status moves one step forward per push. Approved and published records are locked. A decision that only
    a person can make needs a flag and is refused without it.

    \b
    Examples:
      studio push
      studio push -n content/acme-bank
      studio push --delete
      studio push --reopen -m "new law from May on" content/acme-bank
      studio push -n --format markdown
    """
    from studio_sync.sync.options import PushOptions

    markdown = form == "markdown"
    if markdown and (not dry_run or app.json):
        raise UsageError("--format markdown prints a plan for people", "add -n, and leave out --json")
    flags = {Choice.REOPEN: reopen, Choice.RENUMBER: renumber, Choice.IMPORT: imports}
    message = message.strip()
    for choice in (Choice.REOPEN, Choice.RENUMBER):
        if flags[choice] and not message:
            raise UsageError(f"--{choice} is a decision, and needs a reason", 'add: -m "why"')
    grants = tuple(Grant(choice, message) for choice, given in flags.items() if given)
    scope = app.scope(paths, whole=delete is not None)
    options = PushOptions(
        delete=delete,
        frozen=frozen,
        partial=partial,
        grants=grants,
        no_approve=no_approve,
        message=message,
        since=since,
        delete_with=delete_with,
        contents=markdown or app.json,
    )
    try:
        with app.studio(background=True) as studio:
            source = app.source(writes=True)
            app.say(f"pushing to {source.label}")
            from studio_sync.sync.push.push import push

            found = push(studio, source, scope, options, dry_run=dry_run)
            from studio_sync.cli.printing.run import show_run

            show_run(app, "push", source.label, found, dry_run=dry_run, partial=partial, markdown=markdown)
    except StudioError as error:
        if markdown:
            from studio_sync.cli.printing.markdown_plan import failed

            app.out.text(failed(error))
        raise
