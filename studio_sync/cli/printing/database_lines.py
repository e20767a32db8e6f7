"""What the commands of `studio db` print: lines that tell what was done, or SQL."""

from collections.abc import Iterable

from studio_sync.cli.app import App
from studio_sync.render.json_report import report


def print_lines(app: App, lines: Iterable[str], *, database: str = "") -> None:
    """Print lines that tell what a command did; with --json as the key `lines`."""
    printed = list(lines)
    if app.json:
        app.out.json(report("db", "ok", database=database, lines=printed))
    app.out.lines(printed if not app.json else ())


def print_sql(app: App, sql: str, *, database: str = "") -> None:
    """Print statements that somebody else is to run; with --json as the key `sql`."""
    if app.json:
        app.out.json(report("db", "ok", database=database, sql=sql))
    else:
        app.out.document(sql)
