"""Derived totals: the number of a row's descendants, updated by every push."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from psycopg import Connection, sql

from studio_sync.core.plan.plan import Change
from studio_sync.core.plan.reconcile import Action
from studio_sync.core.values.kind import Kind, Kinds
from studio_sync.database.access.grants import recounting
from studio_sync.database.postgres.rows.joined_tables import joined_chain, table_alias

if TYPE_CHECKING:
    from studio_sync.database.values.role_grants import RoleGrants


def recount(
    connection: Connection[Any],
    kinds: Kinds,
    changes: Sequence[Change],
    locked: Mapping[str, int],
    token: int,
    grants: "RoleGrants | None" = None,
) -> dict[str, tuple[int, int]]:
    """Update the totals of the ancestors of rows that were added, deleted or moved.

    These ancestors must have been locked by an earlier statement (`locked` has their tokens before), so that
    no other push counts at the same time. Returns (old, new) token of the rows written.
    """
    touched: dict[str, tuple[int, int]] = {}
    for kind in kinds:
        if kind.total is None:
            continue
        counted = kinds[kind.total[1]]
        chain = (counted, *kinds.ancestors(counted))
        between = chain[: chain.index(kind)]
        above = _above(kind, {k.name for k in (*between, kind)}, changes)
        if not above:
            continue
        with connection.cursor() as cursor:
            query = recounting(kind) if grants else _query(kind, between)
            for (own,) in cursor.execute(query, (sorted(above),)):
                if own in locked:
                    touched[own] = (locked[own], token)
    return touched


def _above(kind: Kind, relevant: set[str], changes: Sequence[Change]) -> set[str]:
    """The rows of `kind` whose total may have changed."""
    found: set[str] = set()
    for change in changes:
        if change.kind.name not in relevant or (change.action is Action.UPDATE and not change.moves):
            continue
        if change.kind is kind and change.action is not Action.DELETE:
            found.add(change.row_id)
        found.update(own for name, own in change.above if name == kind.name)
    return found


def _query(kind: Kind, between: Sequence[Kind]) -> sql.Composed:
    return sql.SQL(
        "UPDATE {table} AS t SET {column} = n.count, updated_at = now()"
        " FROM (SELECT a.id, (SELECT count(*) FROM {source} WHERE {last}.{key} = a.id) AS count"
        " FROM {table} AS a WHERE a.id = ANY(%s::uuid[])) AS n"
        " WHERE t.id = n.id AND t.{column} IS DISTINCT FROM n.count RETURNING t.id::text"
    ).format(
        table=sql.Identifier(kind.table),
        column=sql.Identifier(kind.total[0] if kind.total else ""),
        source=joined_chain(between),
        last=sql.Identifier(table_alias(len(between) - 1)),
        key=sql.Identifier(between[-1].parent_column),
    )
