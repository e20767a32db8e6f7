"""`studio push`: send the files' changes to the database."""

import click

from studio_sync.cli.app import App, global_options, pass_app
from studio_sync.cli.click_options import OptionalNumber, delete_option
from studio_sync.core.plan.decision import Choice, Grant
from studio_sync.errors import StudioError, UsageError


@click.command("push", cls=OptionalNumber)
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("-n", "--dry-run", is_flag=True, help="Print the plan and touch nothing.")
@click.option("--partial", is_flag=True, help="Push what can be pushed, and name the rest.")
@click.option("--frozen", is_flag=True, help="Change no file; refuse what has no id. For CI.")
@delete_option("Delete rows whose files were deleted; N confirms how many.")
@click.option(
    "--delete-with", multiple=True, metavar="TABLE", help="Let rows of TABLE go along with what is deleted."
)
@click.option("-m", "--message", default="", metavar="TEXT", help="Why; it is kept with what is pushed.")
@click.option("--reopen", is_flag=True, help="Let statuses go back. Needs -m.")
@click.option("--renumber", is_flag=True, help="Let approved work get another number or place. Needs -m.")
@click.option("--import", "imports", is_flag=True, help="Let new rows start at any status.")
@click.option("--no-approve", is_flag=True, help="Refuse every step to approved or published.")
@click.option("--since", default="", metavar="REV", help="Read decisions from the commits after REV.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "markdown"]),
    default="text",
    help="How to print a plan; markdown is a comment for a pull request.",
)
@global_options
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
    """Send what only the files changed to the database, in one transaction.

    What the database changed, too, is never overwritten: it is named, and nothing is pushed until it is
    settled, or what can be with --partial. Deleted files delete nothing unless --delete says so.

    A status goes one step forward at a time, and what is approved or published stays as it is. What only
    a person can decide takes a flag, and is refused without it.

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
    scope = app.scope(paths)
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
            from studio_sync.cli.render.plans.run import show_run

            show_run(app, "push", source.label, found, dry_run=dry_run, partial=partial, markdown=markdown)
    except StudioError as error:
        if markdown:
            from studio_sync.cli.render.plans.markdown_plan import failed

            app.out.text(failed(error))
        raise
