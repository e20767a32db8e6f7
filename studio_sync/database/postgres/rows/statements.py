"""SQL statements that insert, update, delete and reorder rows in batches of a few megabytes."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from psycopg import Connection, sql

from studio_sync.core.plan.plan import Change
from studio_sync.core.values.kind import Kind, Type
from studio_sync.database.access.grants import reordering
from studio_sync.database.postgres.connection.adapters import JsonText
from studio_sync.database.writing.row_documents import RowDocument
from studio_sync.errors import RefusedError

if TYPE_CHECKING:
    from studio_sync.database.values.role_grants import RoleGrants

_STATEMENT_BYTES = 2_000_000
_PARKED = "\x01studio "
_PARKED_NUMBER = -2_000_000_000


def batches(found: Iterable[RowDocument]) -> Iterator[list[RowDocument]]:
    """Groups of rows with the same columns, each a few megabytes at most."""
    groups: dict[tuple[str, ...], list[RowDocument]] = {}
    sizes: dict[tuple[str, ...], int] = {}
    for document in found:
        columns, text = document
        groups.setdefault(columns, []).append(document)
        sizes[columns] = sizes.get(columns, 0) + len(text)
        if sizes[columns] > _STATEMENT_BYTES:
            yield groups.pop(columns)
            del sizes[columns]
    yield from groups.values()


def write_rows(connection: Connection[Any], kind: Kind, batch: Sequence[RowDocument]) -> int:
    """Insert or update rows that all have the same columns, in one statement; returns how many.

    json_populate_recordset converts each value to its column's type.
    """
    (verb, *names), _ = batch[0]
    table, columns = sql.Identifier(kind.table), [sql.Identifier(n) for n in names]
    if verb == "+":
        query = sql.SQL("INSERT INTO {table} ({columns}) SELECT {columns} FROM {source}")
    else:
        # The ids twice: a join alone may be planned as a scan of the rows of all others.
        query = sql.SQL(
            "WITH r AS MATERIALIZED (SELECT * FROM {source}) UPDATE {table} AS t SET {sets} FROM r"
            " WHERE t.id = r.id AND t.id = ANY (ARRAY(SELECT r.id FROM r))"
        )
    sets: list[sql.Composable] = [sql.SQL("{} = r.{}").format(c, c) for c in columns[1:]]
    sets.append(sql.SQL("updated_at = now()"))
    if kind.versioned:
        sets.append(sql.SQL("version = coalesce(t.version, 0) + 1"))
    statement = query.format(
        table=table,
        columns=sql.SQL(", ").join(columns),
        source=sql.SQL("json_populate_recordset(NULL::{}, %s::json) AS r").format(table),
        sets=sql.SQL(", ").join(sets),
    )
    rows = JsonText(b"".join((b"[", b",".join(text for _, text in batch), b"]")))
    expect(connection.execute(statement, (rows,)).rowcount, len(batch), kind, "written")
    return len(batch)


def delete(connection: Connection[Any], kind: Kind, changes: Sequence[Change]) -> None:
    """Delete rows."""
    if not changes:
        return
    query = sql.SQL("DELETE FROM {} WHERE id = ANY(%s::uuid[])").format(sql.Identifier(kind.table))
    deleted = connection.execute(query, ([c.row_id for c in changes],)).rowcount
    expect(deleted, len(changes), kind, "deleted")


def park(connection: Connection[Any], kind: Kind, moved: Sequence[Change]) -> None:
    """Move rows to temporary slots: a unique key can't be swapped in one statement."""
    if not moved or kind.slot is None:
        return
    away = (
        sql.SQL("{} + r.n::int").format(sql.Literal(_PARKED_NUMBER))
        if kind.slot.type is Type.INTEGER
        else sql.SQL("{} || r.n").format(sql.Literal(_PARKED))
    )
    query = sql.SQL(
        "UPDATE {table} AS t SET {column} = {away}"
        " FROM unnest(%s::uuid[]) WITH ORDINALITY AS r(id, n) WHERE t.id = r.id"
    ).format(table=sql.Identifier(kind.table), column=sql.Identifier(kind.slot.column), away=away)
    expect(connection.execute(query, ([c.row_id for c in moved],)).rowcount, len(moved), kind, "moved")


def reorder(
    connection: Connection[Any], kind: Kind, orders: Mapping[str, int], grants: "RoleGrants | None" = None
) -> None:
    """Give rows (by id) new order values; for locked rows by a function that `grants` have."""
    if not orders or kind.order is None:
        return
    query = sql.SQL(
        "UPDATE {table} AS t SET {order} = r.v, updated_at = now()"
        " FROM unnest(%s::uuid[], %s::int[]) AS r(id, v) WHERE t.id = r.id"
    ).format(table=sql.Identifier(kind.table), order=sql.Identifier(kind.order.name))
    given = (list(orders), list(orders.values()))
    ordered = connection.execute(reordering(kind) if grants and kind.flow else query, given)
    expect(ordered.rowcount, len(orders), kind, "reordered")


def expect(found: int, wanted: int, kind: Kind, verb: str) -> None:
    """Raise RefusedError unless exactly `wanted` rows were written: fewer means that some are hidden."""
    if found != wanted:
        raise RefusedError(
            f"only {found} of {wanted} rows of {kind.table} could be {verb}; nothing was changed",
            "a trigger, a rule or row-level security of the table keeps the others: ask who runs it",
        )
