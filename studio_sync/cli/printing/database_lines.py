"""What the commands of `studio db` print: lines that tell what was done, or SQL."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from studio_sync.cli.app import App


@contextmanager
def connection_for(app: App, doing: str) -> Iterator[tuple[Any, str]]:
    """The driver's connection to the database in use, and what that is called; says what it is for."""
    from studio_sync.database.postgres.postgres_store import connection_of
    from studio_sync.sync.connection import connected

    source = app.source()
    app.say(f"{doing} {source.label}")
    with connected(source) as store:
        yield connection_of(store), source.label


def print_lines(app: App, lines: Iterable[str], *, database: str = "") -> None:
    """Print lines that tell what a command did; with --json as the key `lines`."""
    if app.json:
        app.report("db", database=database, lines=list(lines))
    else:
        app.out.lines(lines)


def print_sql(app: App, sql: str, *, database: str = "") -> None:
    """Print statements that somebody else is to run; with --json as the key `sql`."""
    if app.json:
        app.report("db", database=database, sql=sql)
    else:
        app.out.document(sql)


def print_statements(app: App, statements: Iterable[Any], *, database: str) -> None:
    """Print statements, composed by the driver, as one transaction."""
    text = "".join(f"{statement.as_string(None)};\n\n" for statement in statements)
    print_sql(app, f"BEGIN;\n\n{text}COMMIT;\n", database=database)
