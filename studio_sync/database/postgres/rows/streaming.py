"""Streaming large results in pieces, on any server and through any pooler."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

from psycopg import Connection, Error, sql

from studio_sync.core.values import bounds
from studio_sync.database.postgres.connection.capabilities import capabilities
from studio_sync.errors import UnavailableError


def stream(
    connection: Connection[Any],
    query: sql.Composable,
    given: Sequence[Any] | None = None,
    *,
    at_once: int,
    binary: bool = False,
) -> Iterator[tuple[Any, ...]]:
    """The rows of a query, `at_once` in memory. Its first column must be `id`; the order is undefined.

    It must run in a transaction with a stable snapshot. Raises UnavailableError for more rows than a
    workspace can hold: a malicious server could send them for ever.
    """
    way = _fetched if capabilities(connection).cursors else _paged
    for number, row in enumerate(way(connection, query, given, at_once, binary=binary)):
        if number == bounds.MAX_ROWS:
            raise UnavailableError(
                f"a table has more than {bounds.MAX_ROWS:,} rows for this workspace",
                "name the clients that it holds: clients: [SLUG, …] in studio.yaml",
            )
        yield row


def _fetched(
    connection: Connection[Any],
    query: sql.Composable,
    given: Sequence[Any] | None,
    at_once: int,
    *,
    binary: bool,
) -> Iterator[tuple[Any, ...]]:
    """Fetch by an SQL cursor: psycopg's own cursor needs a Describe message, which some poolers lack."""
    name = sql.Identifier("studio_rows")
    fetch = sql.SQL("FETCH FORWARD {} FROM {}").format(sql.Literal(at_once), name)
    with connection.cursor(binary=binary) as cursor:
        cursor.execute(sql.SQL("DECLARE {} NO SCROLL CURSOR FOR ").format(name) + query, given)
        try:
            while rows := cursor.execute(fetch).fetchall():
                yield from rows
        finally:
            with suppress(Error):  # the transaction may have failed
                cursor.execute(sql.SQL("CLOSE {}").format(name))


def _paged(
    connection: Connection[Any],
    query: sql.Composable,
    given: Sequence[Any] | None,
    at_once: int,
    *,
    binary: bool,
) -> Iterator[tuple[Any, ...]]:
    """Fetch by pages, each beginning after the last id of the one before."""
    page = sql.SQL("SELECT * FROM ({}) AS s WHERE s.id > {} ORDER BY s.id LIMIT {}")
    last = ""
    with connection.cursor(binary=binary) as cursor:
        while rows := cursor.execute(
            page.format(query, sql.Literal(last), sql.Literal(at_once)), given
        ).fetchall():
            yield from rows
            last = rows[-1][0]
