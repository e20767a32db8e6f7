"""Streaming large results in pieces, on any server and through any pooler."""

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, suppress
from typing import Any, TypeAlias

from psycopg import Connection, Cursor, Error, sql

from studio_sync.core.values import bounds
from studio_sync.database.postgres.connection.capabilities import capabilities
from studio_sync.errors import UnavailableError

_Row: TypeAlias = tuple[Any, ...]


def stream(
    connection: Connection[Any],
    query: sql.Composable,
    given: Sequence[Any] | None = None,
    *,
    at_once: int,
    binary: bool = False,
) -> Iterator[_Row]:
    """The rows of a query, `at_once` in memory. Its first column must be `id`; the order is undefined.

    It must run in a transaction with a stable snapshot. Raises UnavailableError for more rows than a
    workspace can hold: a malicious server could send them for ever.
    """
    way = _fetched if capabilities(connection).cursors else _paged
    with connection.cursor(binary=binary) as cursor, closing(way(cursor, query, given, at_once)) as rows:
        for number, row in enumerate(rows):
            if number == bounds.MAX_ROWS:
                raise UnavailableError(
                    f"a table has more than {bounds.MAX_ROWS:,} rows for this workspace",
                    "name the clients that it holds: clients: [SLUG, …] in studio.yaml",
                )
            yield row


def _fetched(
    cursor: Cursor[_Row], query: sql.Composable, given: Sequence[Any] | None, at_once: int
) -> Generator[_Row, None, None]:
    """Fetch by an SQL cursor: psycopg's own cursor needs a Describe message, which some poolers lack."""
    name = sql.Identifier("studio_rows")
    fetch = sql.SQL("FETCH FORWARD {} FROM {}").format(sql.Literal(at_once), name)
    cursor.execute(sql.SQL("DECLARE {} NO SCROLL CURSOR FOR ").format(name) + query, given)
    try:
        while rows := cursor.execute(fetch).fetchall():
            yield from rows
    finally:
        with suppress(Error):  # the transaction may have failed
            cursor.execute(sql.SQL("CLOSE {}").format(name))


def _paged(
    cursor: Cursor[_Row], query: sql.Composable, given: Sequence[Any] | None, at_once: int
) -> Generator[_Row, None, None]:
    """Fetch by pages, each beginning after the last id of the one before."""
    form = sql.SQL("SELECT * FROM ({}) AS s WHERE s.id > {} ORDER BY s.id LIMIT {}")
    page = form.format(query, sql.Literal(""), sql.Literal(at_once))
    while rows := cursor.execute(page, given).fetchall():
        yield from rows
        page = form.format(query, sql.Literal(rows[-1][0]), sql.Literal(at_once))
