"""What the commands of `studio db` print: lines that tell what was done, or SQL."""

import json
from collections.abc import Iterable

from studio_sync.cli.app import App
from studio_sync.render.json_report import report


def print_lines(app: App, lines: Iterable[str], *, database: str = "") -> None:
    """Print lines that tell what a command did; with --json as the key `lines`."""
    told = list(lines)
    if app.json:
        _print_report(app, "lines", told, database)
    for line in told if not app.json else ():
        app.out.line(line)


def print_sql(app: App, sql: str, *, database: str = "") -> None:
    """Print statements that somebody else is to run; with --json as the key `sql`."""
    if app.json:
        _print_report(app, "sql", sql, database)
    else:
        app.out.document(sql)


def _print_report(app: App, key: str, value: object, database: str) -> None:
    said = json.loads(report("db", "ok", database=database))
    app.out.json(json.dumps(said | {key: value}, ensure_ascii=False, indent=2))
