"""Reading rows: their ids, their change tokens, and their values."""

import struct
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from sys import intern
from typing import TYPE_CHECKING, Any, LiteralString
from uuid import UUID

from psycopg import Connection, sql

from studio_sync.core.values import bounds
from studio_sync.core.values.bounds import chunks
from studio_sync.core.values.json_row import is_too_large, json_row
from studio_sync.core.values.kind import Field, FieldPlace, Kind, Kinds, Type
from studio_sync.core.values.record import canonical_value
from studio_sync.core.values.value import Value, canonical_text, load_json
from studio_sync.database.postgres.rows.streaming import stream
from studio_sync.database.postgres.rows.updated_at import UPDATED_AT
from studio_sync.database.values.row import Row
from studio_sync.database.values.token_sum import Digest, TokenMove

if TYPE_CHECKING:
    from studio_sync.core.values.row_summary import RowSummary

_BATCH = 500
_IDS_AT_ONCE = 5_000
_TOKEN_ROW = struct.Struct(">16sI")


class Rows:
    """The rows of a workspace's clients, in the current transaction."""

    def __init__(
        self,
        connection: Connection[Any],
        kinds: Kinds,
        clients: Sequence[str] | None = None,
        *,
        tokens: bool = True,
    ) -> None:
        """`clients` are the slots of the top records to include, None for all.

        `tokens`: whether the server's xmin reliably changes with a row.
        """
        self._connection, self._kinds, self._clients = connection, kinds, clients
        self._tokens = tokens

    def digest(self) -> Digest:
        """A digest that changes with the set of rows, or with any row's token; cheap to compute.

        Empty if the server's tokens are unreliable.
        """
        if not self._tokens:
            return Digest()
        # The server sums a hash over all rows, so that only one line for each table is sent.
        sums = self._of_each(self._kinds, "count(*), sum(hash_record_extended(ROW(t.id, t.xmin), 0))::text")
        found = self._connection.execute(sums)
        return Digest({name: (count, int(total or 0)) for name, count, total in found})

    def after(self, digest: Digest, moves: Sequence[TokenMove]) -> Digest:
        """What `digest` becomes when exactly these rows have changed."""
        if not digest or not moves:
            return digest
        given = [(m.kind, m.row_id, token, sign) for m in moves for token, sign in m.signed()]
        rows = self._connection.execute(
            "SELECT t.kind, sum(t.sign), sum(t.sign * hash_record_extended(ROW(t.id, t.token), 0)::numeric)"
            " FROM unnest(%s::text[], %s::uuid[], %s::text[]::xid[], %s::int[]) AS t (kind, id, token, sign)"
            " GROUP BY t.kind",
            tuple(map(list, zip(*given, strict=True))),
        )
        return digest.plus({kind: (int(count), int(total)) for kind, count, total in rows})

    def tokens(self, kinds: Iterable[str]) -> dict[str, bytes]:
        """The ids and tokens of all rows, packed, for each kind; `unpacked` parses them."""
        # One value for each table instead of one row for each row: the time is spent in the driver's loop.
        token: LiteralString = "xidsend(t.xmin)" if self._tokens else "''::bytea"
        packed = self._of_each(
            [self._kinds[name] for name in kinds], "string_agg(uuid_send(t.id) || " + token + ", ''::bytea)"
        )
        with self._connection.cursor(binary=True) as cursor:
            return {name: data or b"" for name, data in cursor.execute(packed)}

    def _of_each(self, kinds: Iterable[Kind], aggregates: LiteralString) -> sql.Composed:
        """A query for kind names and aggregates over the rows t of each kind that are the workspace's."""
        parts = [
            sql.SQL("SELECT {name}, {aggregates} FROM {source}").format(
                name=sql.Literal(kind.name),
                aggregates=sql.SQL(aggregates),
                source=self._below(kind, _parents),
            )
            for kind in kinds
        ]
        query = sql.SQL(" UNION ALL ").join(parts)
        if self._clients is None:
            return query
        # The ids of parents are looked up once, not for each table below them.
        parents = [
            sql.SQL("{} AS (SELECT t.id FROM {})").format(_some(kind), self._below(kind, _parents))
            for kind in self._kinds
            if self._kinds.children(kind.name)
        ]
        return sql.SQL("WITH {} ").format(sql.SQL(", ").join(parents)) + query

    def unpacked(self, data: bytes) -> set[tuple[bytes, int]]:
        """(row id, token) of the rows in a value of `tokens`: 16 bytes, and xmin (-1 if unreliable)."""
        if self._tokens:
            return set(_TOKEN_ROW.iter_unpack(data))
        return {(own, -1) for (own,) in struct.iter_unpack("16s", data)}

    def read(self, kind: Kind, ids: Collection[bytes] | None = None) -> Iterator[Row]:
        """The rows of `kind` with these ids (16 bytes each), or all; in any order."""
        if ids is None:
            yield from self._select(kind, self.source(kind), None)
            return
        source = sql.SQL("{} AS t WHERE t.id = ANY(%s::uuid[])").format(sql.Identifier(kind.table))
        for part in chunks(sorted(ids), _IDS_AT_ONCE):
            yield from self._select(kind, source, [str(UUID(bytes=i)) for i in part])

    def _select(self, kind: Kind, source: sql.Composable, ids: list[str] | None) -> Iterator[Row]:
        query = sql.SQL("SELECT {columns} FROM {source}").format(
            columns=sql.SQL(", ").join(self._columns(kind)), source=source
        )
        given = None if ids is None else (ids,)
        few = ids is not None and len(ids) <= _BATCH
        streamed = stream(self._connection, query, given, at_once=_BATCH)
        for record in self._connection.execute(query, given) if few else streamed:
            yield self._row(kind, record)

    def _columns(self, kind: Kind) -> Iterator[sql.Composable]:
        def column(name: str, cast: LiteralString) -> sql.Composable:
            return sql.SQL("t.{}" + cast).format(sql.Identifier(name))

        yield column("id", "::text")
        yield column(kind.parent_column, "::text") if kind.parent_column else sql.SQL("''")
        yield column(kind.slot.column, "::text") if kind.slot else sql.SQL("''")
        yield sql.SQL("t.xmin::text::bigint" if self._tokens else "NULL")
        yield UPDATED_AT + sql.SQL("::text")
        for field in kind.fields:
            yield column(field.name, "" if field.type in (Type.INTEGER, Type.DECIMAL) else "::text")

    def source(self, kind: Kind) -> sql.Composable:
        """The table of `kind` as t, below the workspace's clients if they are limited."""
        return self._below(kind, self.source)

    def _below(self, kind: Kind, parents: Callable[[Kind], sql.Composable]) -> sql.Composable:
        """The table of `kind` as t, below the workspace's clients; `parents` gives the FROM of its parents.

        No join: PostgreSQL would plan it for a client of average size, and scan the rows of others.
        """
        source = sql.SQL("{} AS t").format(sql.Identifier(kind.table))
        if self._clients is None or not (kind.parent or kind.slot):
            return source
        if kind.parent:
            return source + sql.SQL(" WHERE t.{} = ANY(ARRAY(SELECT t.id FROM {}))").format(
                sql.Identifier(kind.parent_column), parents(self._kinds[kind.parent])
            )
        return source + sql.SQL(" WHERE t.{} = ANY({}::text[])").format(
            sql.Identifier(kind.slot_column), sql.Literal(list(self._clients))
        )

    def _row(self, kind: Kind, record: Sequence[Any]) -> Row:
        own, parent, slot, token, updated_at, *raw = record
        # Many rows share a parent, and all of one push their time: 170 bytes less for each.
        parent, updated_at = intern(parent), intern(updated_at or "")
        try:
            values = {f.name: row_value(f, value) for f, value in zip(kind.fields, raw, strict=True)}
            characters = sum(len(value) for value in raw if isinstance(value, str))
            if is_too_large(characters, lambda: json_row(kind, values)):
                raise ValueError(f"its values are more than {bounds.MAX_RECORD >> 20} MiB")
        except ValueError as error:
            return Row(kind, own, parent, slot, token, updated_at, None, str(error))
        return Row(kind, own, parent, slot, token, updated_at, values)

    def summaries(self) -> Iterator["RowSummary"]:
        """All rows of the workspace without their long contents, parents before children."""
        from studio_sync.database.postgres.rows.row_summaries import row_summaries

        return row_summaries(self._connection, self._kinds, self.source)

    def siblings(self, kind: Kind, parents: Collection[str]) -> dict[str, list[tuple[str, str, int]]]:
        """(row id, slot, order value) of the rows below each parent."""
        found: dict[str, list[tuple[str, str, int]]] = {}
        if kind.order is None or kind.slot is None or not parents:
            return found
        query = sql.SQL(
            "SELECT {parent}::text, id::text, {slot}::text, {order} FROM {table}"
            " WHERE {parent} = ANY(%s::uuid[])"
        ).format(
            parent=sql.Identifier(kind.parent_column),
            slot=sql.Identifier(kind.slot.column),
            order=sql.Identifier(kind.order.name),
            table=sql.Identifier(kind.table),
        )
        with self._connection.cursor() as cursor:
            cursor.execute(query, (sorted(parents),))
            for parent, own, slot, order in cursor:
                found.setdefault(parent, []).append((own, slot, order))
        return found


def _some(kind: Kind) -> sql.Identifier:
    """The rows of a parent kind, as `_of_each` looks them up."""
    return sql.Identifier(f"some_{kind.name}")


def _parents(kind: Kind) -> sql.Composable:
    return sql.SQL("{} AS t").format(_some(kind))


def row_value(field: Field, value: Any) -> Value:
    """The canonical value of a column as read. Raises ValueError if it has none."""
    if value is None:
        return None
    if field.type is Type.JSON:
        return load_json(value)
    if field.type is Type.TEXT:
        if field.place is FieldPlace.BODY:
            return canonical_text(value) or None
        return canonical_value(field, value)
    if field.type is Type.DECIMAL and not value.is_finite():
        raise ValueError(f"`{field.name}` is {value}, which no file can say")
    found: Value = value
    return found
