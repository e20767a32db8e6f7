"""Row summaries: rows without their long contents."""

from collections.abc import Callable, Iterator
from typing import Any

from psycopg import Connection, sql

from studio_sync.core.values.kind import STATUS, Kind, Kinds
from studio_sync.core.values.record import Rid, rid_of
from studio_sync.core.values.row_summary import RowSummary
from studio_sync.core.values.word_count import count_words
from studio_sync.database.postgres.rows.streaming import stream
from studio_sync.database.postgres.rows.updated_at import UPDATED_AT

_AT_ONCE = 1_000


def row_summaries(
    connection: Connection[Any], kinds: Kinds, source: Callable[[Kind], sql.Composable]
) -> Iterator[RowSummary]:
    """All rows of a workspace, parents before children, siblings in any order.

    `source` returns the FROM clause of a kind, with its rows as `t`.
    """
    names: dict[Rid, str] = {}
    for kind in kinds:
        query = sql.SQL("SELECT {} FROM {}").format(sql.SQL(", ").join(_columns(kind)), source(kind))
        # In binary: as text, a timestamp depends on the server's DateStyle.
        found = stream(connection, query, at_once=_AT_ONCE, binary=True)
        for own, parent, slot, title, status, order, minutes, words, text, at in found:
            count = count_words(text) if text is not None else words
            rid = rid_of(kind, own, parent, slot)
            # Whoever may insert a row chooses its id: one in two tables would make a record its own ancestor.
            if names.setdefault(rid, kind.name) != kind.name or names.get(parent, "") != kind.parent:
                continue
            yield RowSummary(kind, rid, parent, slot, title or "", status, order, count, minutes, at)


def _columns(kind: Kind) -> Iterator[sql.Composable]:
    def column(name: str, cast: str = "") -> sql.Composable:
        if not name:
            return sql.SQL("NULL")
        return sql.SQL("t.{}::text" if cast else "t.{}").format(sql.Identifier(name))

    yield column("id", "text")
    yield column(kind.parent_column, "text") if kind.parent_column else sql.SQL("''")
    yield column(kind.slot.column, "text") if kind.slot else sql.SQL("''")
    yield column(kind.heading, "text")
    yield column(STATUS, "text") if kind.flow else sql.SQL("NULL")
    yield column(kind.order.name if kind.order else "")
    yield column(kind.minutes)
    counted, text = next(iter((kind.words or {}).items()), ("", ""))
    yield column(counted)
    # If the word count was never stored, it is computed from the text.
    yield (
        sql.SQL("CASE WHEN t.{} IS NULL THEN t.{} END").format(sql.Identifier(counted), sql.Identifier(text))
        if counted
        else sql.SQL("NULL")
    )
    yield UPDATED_AT
