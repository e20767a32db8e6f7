"""Dependents by foreign key: counts what a deletion would delete or change by cascade, in any table."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

from psycopg import Connection, sql

from studio_sync.core.plan.dependents import Dependents, Effect
from studio_sync.core.values.kind import Kinds
from studio_sync.database.postgres.connection.one_value import one_value
from studio_sync.database.postgres.rows.quoted_name import QuotedName

_EFFECTS = {
    "c": Effect.DELETED, "n": Effect.CHANGED, "d": Effect.CHANGED, "r": Effect.BLOCKING, "a": Effect.BLOCKING,
}  # fmt: skip

_Query: TypeAlias = tuple[sql.Composable, tuple[Any, ...]]
"""A query for row locations (tableoid, ctid), or a condition, with its values."""

_GONE = sql.SQL("SELECT * FROM unnest(%s::oid[], %s::tid[])")


@dataclass(frozen=True, slots=True)
class _Key:
    """A foreign key: `columns` of `table` reference `targets` of the table `at`."""

    at: int
    table: int
    effect: Effect
    columns: tuple[str, ...]
    targets: tuple[str, ...]
    schema: str
    name: str
    spelled: str
    readable: bool

    @property
    def identifier(self) -> sql.Identifier:
        """The table that has the foreign key."""
        return QuotedName(self.schema, self.name)


@dataclass(frozen=True, slots=True)
class _Hanging:
    """The dependents found in one table: queries by effect."""

    key: _Key
    found: dict[Effect, list[_Query]] = field(default_factory=dict)


class DependentCounter:
    """Counts, in the current transaction, the rows of other tables that depend on rows of the kinds."""

    def __init__(self, connection: Connection[Any], kinds: Kinds) -> None:
        self._connection, self._kinds = connection, kinds
        self._roots: dict[int, _Query] = {}
        self._hanging: dict[int, _Hanging] = {}
        self._deleted: dict[int, set[tuple[str, str]]] = {}

    def count(self, doomed: Mapping[str, Collection[str]]) -> list[Dependents]:
        """What a deletion of these rows (ids by kind) would delete or change, and what forbids it.

        Cascades are followed to any depth. Rows of the kinds that reference their declared parent are left
        out: the plan itself lists those.
        """
        self._roots = {
            self._tables[name]: (sql.SQL("id = ANY(%s::uuid[])"), (sorted(ids),))
            for name, ids in doomed.items()
            if ids and name in self._tables
        }
        self._hanging, self._deleted = {}, {}
        frontier = {table: [query] for table, query in self._roots.items()}
        hidden: dict[str, _Key] = {}
        first = True
        while frontier:
            following: dict[int, list[_Query]] = {}
            for key in self._keys:
                for condition in frontier.get(key.at, ()):
                    if first and self._declared(key):
                        continue
                    if not key.readable:
                        hidden[key.spelled] = key
                    else:
                        new = self._follow(key, condition)
                        if new:
                            following.setdefault(key.table, []).append(new)
            frontier, first = following, False
        return [*self._counted(), *(_dependents(k, Effect.HIDDEN, 0) for k in hidden.values())]

    def rows(self) -> dict[str, list[bytes]]:
        """The rows that the deletion counted last would delete or change: as JSON, by table."""
        found: dict[str, list[bytes]] = {}
        for hanging in self._hanging.values():
            queries = [q for e in (Effect.DELETED, Effect.CHANGED) for q in hanging.found.get(e, ())]
            if not queries:
                continue
            places, values = _union(queries)
            query = sql.SQL(
                "SELECT to_jsonb(t)::text FROM {table} AS t WHERE (t.tableoid, t.ctid) IN ({places})"
            ).format(table=hanging.key.identifier, places=places)
            plan_lines = [text.encode() for (text,) in self._connection.execute(query, values)]
            if plan_lines:
                found.setdefault(hanging.key.spelled, []).extend(plan_lines)
        return found

    @cached_property
    def _tables(self) -> dict[str, int]:
        rows = self._connection.execute(
            "SELECT name, to_regclass(quote_ident(name))::oid::bigint FROM unnest(%s::text[]) AS g (name)",
            ([kind.table for kind in self._kinds],),
        )
        oids = dict(rows.fetchall())
        return {kind.name: oids[kind.table] for kind in self._kinds if oids[kind.table] is not None}

    @cached_property
    def _keys(self) -> list[_Key]:
        query = Path(__file__).with_name("foreign_keys.sql").read_bytes()
        return [
            _Key(at, table, _EFFECTS[does], tuple(columns), tuple(targets), *rest)
            for at, table, does, columns, targets, *rest in self._connection.execute(query)
        ]

    def _declared(self, key: _Key) -> bool:
        """Whether it is the foreign key of a kind to its parent."""
        return any(
            key.table == self._tables.get(kind.name)
            and key.at == self._tables.get(kind.parent)
            and key.columns == (kind.parent_column,)
            for kind in self._kinds
            if kind.parent
        )

    def _follow(self, key: _Key, condition: _Query) -> _Query | None:
        """Record the rows that reference deleted rows by a key; the condition for those deleted with them."""
        where, values = condition
        query = sql.SQL(
            "SELECT r.tableoid, r.ctid FROM {table} AS r WHERE ({columns}) IN"
            " (SELECT {targets} FROM {source} WHERE {where})"
        ).format(
            table=key.identifier,
            columns=_listed(key.columns, "r."),
            targets=_listed(key.targets),
            source=self._names[key.at],
            where=where,
        )
        root = self._roots.get(key.table)
        if root is not None:
            query += sql.SQL(" AND NOT (r.{})").format(root[0])
            values = (*values, *root[1])
        hanging = self._hanging.setdefault(key.table, _Hanging(key))
        if key.effect is not Effect.DELETED or not any(other.at == key.table for other in self._keys):
            hanging.found.setdefault(key.effect, []).append((query, values))
            return None
        deleted = self._deleted.setdefault(key.table, set())
        texts = sql.SQL("SELECT q.tableoid::text, q.ctid::text FROM ({}) AS q").format(query)
        new = {(oid, ctid) for oid, ctid in self._connection.execute(texts, values)} - deleted
        if not new:
            return None
        deleted |= new
        hanging.found[Effect.DELETED] = [(_GONE, _places(deleted))]
        return sql.SQL("(tableoid, ctid) IN ({})").format(_GONE), _places(new)

    @cached_property
    def _names(self) -> dict[int, sql.Identifier]:
        """The names of the tables that are followed: of the kinds, and of those with foreign keys."""
        others = {key.table: key.identifier for key in self._keys}
        kinds = {name: sql.Identifier(self._kinds[name].table) for name in self._tables}
        return others | {self._tables[name]: table for name, table in kinds.items()}

    def _counted(self) -> Iterator[Dependents]:
        for hanging in self._hanging.values():
            deleted = hanging.found.get(Effect.DELETED, [])
            for effect, queries in hanging.found.items():
                query, values = _union(queries)
                if effect is not Effect.DELETED and deleted:
                    less, more = _union(deleted)
                    query, values = sql.SQL("({}) EXCEPT ({})").format(query, less), (*values, *more)
                counted = sql.SQL("SELECT count(*) FROM ({}) AS q").format(query)
                if rows := one_value(self._connection, counted, values):
                    yield _dependents(hanging.key, effect, rows)


def _dependents(key: _Key, effect: Effect, rows: int) -> Dependents:
    names = frozenset((key.name, key.spelled, f"{key.schema}.{key.name}"))
    return Dependents(key.spelled, effect, rows, names)


def _listed(names: Sequence[str], before: str = "") -> sql.Composable:
    prefix = sql.SQL("r.") if before else sql.SQL("")
    return sql.SQL(", ").join(prefix + QuotedName(name) for name in names)


def _union(queries: Sequence[_Query]) -> _Query:
    texts = [query for query, _ in queries]
    return sql.SQL(" UNION ").join(texts), tuple(v for _, values in queries for v in values)


def _places(deleted: Collection[tuple[str, str]]) -> tuple[list[str], list[str]]:
    return [oid for oid, _ in deleted], [ctid for _, ctid in deleted]
