"""Queries for one value."""

from typing import TYPE_CHECKING, Any, LiteralString

if TYPE_CHECKING:
    from psycopg import Connection, sql
    from psycopg.abc import Params

    Question = LiteralString | bytes | sql.SQL | sql.Composed


def one_value(connection: "Connection[Any]", query: "Question", given: "Params | None" = None) -> Any:
    """The first column of a query's first row; None if there is no row."""
    row = connection.execute(query, given).fetchone()
    return row[0] if row else None


def has_table(connection: "Connection[Any]", name: str) -> bool:
    """Whether there is a table of this name in studio's own schema, as far as this role can see."""
    return one_value(connection, "SELECT to_regclass(%s)", [f"studio_sync.{name}"]) is not None
