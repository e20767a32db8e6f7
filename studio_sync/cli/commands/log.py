"""`studio log`: show the history of records."""

import click

from studio_sync.cli.app import App, pass_app
from studio_sync.kinds import KINDS

_NOTHING = "no push or pull is recorded here that this workspace and your database role can see"


@click.command("log")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option(
    "--author", default="", metavar="WHO", help="Only runs by WHO: part of a name or email address."
)
@click.option("--since", default="", metavar="TIME", help="Only runs since TIME: a date, or `3 days`.")
@click.option("--until", default="", metavar="TIME", help="Only runs until TIME.")
@click.option(
    "--kind",
    "words",
    multiple=True,
    metavar="KIND",
    type=click.Choice(list(KINDS.words)),
    help="Only records of KIND; can be repeated.",
)
@click.option(
    "--limit",
    type=click.IntRange(1, 1_000_000),
    default=20,
    metavar="N",
    help="Show at most N runs (default 20).",
)
@pass_app
def command(
    app: App,
    paths: tuple[str, ...],
    author: str,
    since: str,
    until: str,
    words: tuple[str, ...],
    limit: int,
) -> None:
    """Show the history of the records below each PATH, newest first: when, who and why.

    An entry is a push, or a pull that found changes not made by studio. PATH may name a deleted record. With
    -v, list every record of each run.

    \b
    Examples:
      studio log
      studio log content/acme-bank/leading-with-trust --limit 5
      studio log --author ada --since yesterday --kind article --kind quiz
      studio log content/acme-bank/client.md --json
    """
    from studio_sync.database.values.ledger_past import ALL_RUNS
    from studio_sync.render.log_text import log_lines, log_report
    from studio_sync.sync.history.log import log
    from studio_sync.sync.history.log_filter import parse_filter

    wanted = parse_filter(author, since, until, [kind.name for word in words for kind in KINDS.words[word]])
    scope = app.scope(paths, missing_ok=True)
    with app.studio() as studio:
        source = app.source()
        found = log(studio, source, scope, limit, wanted)
    prefix = app.workspace.prefix
    if app.json:
        app.out.json(log_report("log", found.read_from, found, prefix))
        return
    app.say(f"database: {found.read_from}")
    app.tell(found.problems)
    for chapter in found.chapters:
        app.out.lines(log_lines(chapter, prefix, app.paint, full=app.verbose))
    if not found.chapters:
        app.say("nothing that was pushed or pulled is as asked for" if wanted != ALL_RUNS else _NOTHING)
    elif len(found.chapters) == limit:
        app.say(f"the newest {limit} runs; --limit shows more")
