"""`studio validate`."""

import click

from studio_sync.cli.app import App, global_options, pass_app
from studio_sync.core.problem import Severity


@click.command("validate")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--fix", is_flag=True, help="Write the ids that are missing.")
@click.option("--frozen", is_flag=True, help="A missing id is an error: for pull requests.")
@click.option("-n", "--dry-run", is_flag=True, help="With --fix: say what would be written.")
@click.option(
    "--format", "form", type=click.Choice(["text", "github"]), default="text", help="How to print problems."
)
@global_options
@pass_app
def command(app: App, paths: tuple[str, ...], fix: bool, frozen: bool, dry_run: bool, form: str) -> None:
    """Check every file, and report all problems in one run. Needs no database.

    \b
    Examples:
      studio validate
      studio validate content/acme-bank --fix
      studio validate --format github --frozen
    """
    from studio_sync.cli.show_problems import github, lines, summary
    from studio_sync.cli.words import number

    scope = app.scope(paths)
    with app.studio() as studio:
        if fix and not dry_run:
            written = studio.documents.write_missing_ids(scope)
            if written:
                app.say(f"wrote {number(len(written), 'id')}")
        problems = studio.documents.problems(scope, frozen=frozen)
        files = studio.memory.count_files()
    errors = any(p.severity is Severity.ERROR for p in problems)
    if app.json:
        from studio_sync.cli.show_json import report

        click.echo(report("validate", "refused" if errors else "ok", problems=problems))
    elif form == "github":
        for line in github(problems):
            click.echo(line)
    else:
        for line in lines(problems, app.paint):
            click.echo(line)
        if not problems:
            app.say(f"{number(files, 'file')}, no problems")
    if form == "github" and problems:
        app.say(summary(problems))
    if errors:
        raise click.exceptions.Exit(1)
