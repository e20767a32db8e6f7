"""Writing rows: one transaction, all or nothing, against exactly what was seen before."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias
from uuid import UUID

from psycopg import sql

from studio_sync.core.kind import Kind, Kinds, Type
from studio_sync.core.names import rank
from studio_sync.core.order import in_order, order_values
from studio_sync.core.plan import Change
from studio_sync.core.reconcile import Action, unchanged
from studio_sync.core.record import PARENT
from studio_sync.core.value import Value, dump_json, load_json
from studio_sync.database.rows import Rows
from studio_sync.errors import RefusedError, StudioError

if TYPE_CHECKING:
    from psycopg import Connection

_STATEMENT_BYTES = 2_000_000
_PARKED = "\x01studio "


_Document: TypeAlias = tuple[tuple[str, ...], str]
"""What is to be written of a row: "+" or "~" and the columns, and a JSON object of their values."""


class StaleError(StudioError):
    """Rows are no longer what the plan was made for: plan anew. Nothing was written."""


@dataclass(slots=True)
class Written:
    """What a transaction wrote.

    `token` is the xmin of every row that it wrote. `orders` are the order values given to rows, by row
    id. `touched` are rows that were written only for their derived columns: id to (old, new) token.
    """

    token: int
    orders: dict[str, int] = field(default_factory=dict)
    touched: dict[str, tuple[int, int]] = field(default_factory=dict)


Content = Callable[[Change], str]
"""Gives the image (see core.image) of the record that a change writes."""


class Writer:
    """Applies changes inside a transaction that the caller has opened (READ COMMITTED)."""

    def __init__(
        self, connection: "Connection[Any]", kinds: Kinds, *, tokens: bool = True
    ) -> None:
        self._connection, self._kinds, self._tokens = connection, kinds, tokens
        self._orders: dict[str, int] = {}

    def apply(self, changes: Sequence[Change], content: Content, step: Callable[[int], None]) -> Written:
        """Write `changes`, in whatever order they come. Raises StaleError, RefusedError."""
        written = Written(self._token())
        parents = self._lock_above(changes)
        self._check(changes)
        self._check_children(changes)
        by_kind = {kind.name: [c for c in changes if c.kind is kind] for kind in self._kinds}
        for kind in reversed(tuple(self._kinds)):
            self._delete(kind, [c for c in by_kind[kind.name] if c.action is Action.DELETE])
        for kind in self._kinds:
            mine = by_kind[kind.name]
            self._place(kind, mine, content)
            self._write_all(kind, _batches(self._documents(kind, mine, content)), step)
        self._reorder(changes)
        written.orders = self._orders
        written.touched = self._count(changes, parents, written.token)
        return written

    def _write_all(self, kind: Kind, batches: "Iterable[list[_Document]]", step: Callable[[int], None]) -> None:
        """Write batches in turn; while the server is at one, the next is made ready."""
        with ThreadPoolExecutor(max_workers=1) as server:
            under_way: Future[None] | None = None
            for batch in batches:
                if under_way is not None:
                    under_way.result()
                under_way = server.submit(self._write, kind, batch)
                step(len(batch))
            if under_way is not None:
                under_way.result()

    def _token(self) -> int:
        with self._connection.cursor() as cursor:
            row = cursor.execute("SELECT pg_current_xact_id()::text::numeric % 4294967296").fetchone()
            return int(row[0]) if row else 0

    # --- locks and checks

    def _lock_above(self, changes: Sequence[Change]) -> dict[str, int]:
        """Lock the rows above what is written, in the order of kinds and ids; their tokens by id."""
        above: dict[str, set[str]] = {}
        for change in changes:
            for name, own in change.above:
                above.setdefault(name, set()).add(own)
            if change.after and change.before and change.after.parent != change.before.parent:
                above.setdefault(change.kind.parent, set()).add(change.before.parent)
        created = {c.row_id for c in changes if c.action is Action.CREATE}
        tokens: dict[str, int] = {}
        for kind in self._kinds:
            wanted = above.get(kind.name, set()) - created
            if not wanted or not (kind.flow or kind.total or self._kinds.children(kind.name)):
                continue
            found = self._lock(kind, wanted)
            if len(found) < len(wanted):
                raise StaleError("a row above what would be written is gone")
            tokens |= found
        return tokens

    def _lock(self, kind: Kind, ids: Iterable[str]) -> dict[str, int]:
        query = sql.SQL(
            "SELECT id::text, {} FROM {} WHERE id = ANY(%s::uuid[]) ORDER BY id FOR UPDATE"
        ).format(
            sql.SQL("xmin::text::bigint" if self._tokens else "0"), sql.Identifier(kind.table)
        )
        found: dict[str, int] = {}
        wanted = sorted(ids)
        with self._connection.cursor() as cursor:
            for start in range(0, len(wanted), 5_000):
                cursor.execute(query, (wanted[start : start + 5_000],))
                found.update(cursor.fetchall())
        return found

    def _check(self, changes: Sequence[Change]) -> None:
        """Lock the rows that are written, and hold them against what the plan saw."""
        for kind in self._kinds:
            mine = {c.row_id: c for c in changes if c.kind is kind and c.before is not None}
            if not mine:
                continue
            tokens = self._lock(kind, mine)
            doubtful = [
                UUID(own).bytes
                for own, change in mine.items()
                if own in tokens and (not self._tokens or change.token != tokens[own])
            ]
            if len(tokens) < len(mine):
                raise StaleError("a row that would be written is gone")
            if not doubtful:
                continue
            for row in Rows(self._connection, self._kinds, tokens=self._tokens).read(kind, doubtful):
                before = mine[row.id].before
                if before is None or row.values is None or not unchanged(kind, before, row.version()):
                    raise StaleError("a row that would be written has changed")

    def _check_children(self, changes: Sequence[Change]) -> None:
        """Nothing is deleted along with its parent that the plan doesn't name."""
        doomed = {c.row_id for c in changes if c.action is Action.DELETE}
        for kind in self._kinds:
            parents = [c for c in changes if c.kind is kind and c.action is Action.DELETE]
            if not parents:
                continue
            for child in self._kinds.children(kind.name):
                with self._connection.cursor() as cursor:
                    cursor.execute(
                        sql.SQL("SELECT row_security_active({}::regclass)").format(
                            sql.Literal(child.table)
                        )
                    )
                    hidden = cursor.fetchone()
                    if hidden and hidden[0]:
                        raise RefusedError(
                            f"{parents[0].key} can't be deleted by this role: row-level security may hide"
                            f" rows of {child.table} below it",
                            "let a role that sees every row delete it",
                        )
                    cursor.execute(
                        sql.SQL("SELECT id::text FROM {} WHERE {} = ANY(%s::uuid[])").format(
                            sql.Identifier(child.table), sql.Identifier(child.parent_column)
                        ),
                        ([p.row_id for p in parents],),
                    )
                    left = [own for (own,) in cursor if own not in doomed]
                if left:
                    raise StaleError("a row below what would be deleted has appeared")

    # --- writing

    def _delete(self, kind: Kind, changes: Sequence[Change]) -> None:
        if not changes:
            return
        with self._connection.cursor() as cursor:
            cursor.execute(
                sql.SQL("DELETE FROM {} WHERE id = ANY(%s::uuid[])").format(sql.Identifier(kind.table)),
                ([c.row_id for c in changes],),
            )
            _expect(cursor.rowcount, len(changes), kind, "deleted")

    def _place(self, kind: Kind, changes: Sequence[Change], content: Content) -> None:
        """Give moved rows their new parents and slots, and every new row its order value."""
        moved = [c for c in changes if c.action is Action.UPDATE and _moves(c)]
        if moved and kind.slot:
            column = sql.Identifier(kind.slot.column)
            park = (
                sql.SQL("-2000000000 + r.n::int")
                if kind.slot.type is Type.INTEGER
                else sql.SQL("{} || r.n").format(sql.Literal(_PARKED))
            )
            ids = [c.row_id for c in moved]
            with self._connection.cursor() as cursor:
                cursor.execute(
                    sql.SQL(
                        "UPDATE {table} AS t SET {column} = {park}"
                        " FROM unnest(%s::uuid[]) WITH ORDINALITY AS r(id, n) WHERE t.id = r.id"
                    ).format(table=sql.Identifier(kind.table), column=column, park=park),
                    (ids,),
                )
                _expect(cursor.rowcount, len(moved), kind, "moved")
        self._plan_orders(kind, changes, content)

    def _plan_orders(self, kind: Kind, changes: Sequence[Change], content: Content) -> None:
        """Decide the order values below every parent that gets a row or a new number."""
        order = kind.order
        if order is None:
            return
        placed = [
            c for c in changes if c.after and (c.action is Action.CREATE or _moves(c))
        ]
        parents = {c.after.parent for c in placed if c.after}
        rows = Rows(self._connection, self._kinds).siblings(kind, parents)
        coming: dict[str, dict[str, Change]] = {}
        for change in changes:
            if change.after:
                coming.setdefault(change.after.parent, {})[change.row_id] = change
        going = {c.row_id: c for c in changes}
        for parent in sorted(parents):
            present = rows.get(parent, [])
            told: dict[str, int] = {}
            slots: dict[str, str] = {}
            old: dict[str, int] = {}
            for own, slot, value in present:
                change = going.get(own)
                if change is not None and (change.after is None or change.after.parent != parent):
                    continue
                slots[own] = change.after.slot if change is not None and change.after else slot
                old[own] = value
            for own, change in coming.get(parent, {}).items():
                if own not in slots and change.action is not Action.CREATE and not _moves(change):
                    continue
                slots[own] = change.after.slot if change.after else ""
                if change.action is Action.CREATE or order.name in change.fields:
                    value_told = json.loads(content(change)).get(order.name)
                    if isinstance(value_told, int):
                        told[own] = value_told
            unmoved = [
                (going[o].before.slot if o in going and going[o].before else s, v)  # type: ignore[union-attr]
                for o, s, v in present
            ]
            ranked = sorted(slots, key=lambda o: (rank(slots[o]), o))
            if in_order(unmoved) and not told:
                values = dict(
                    zip(ranked, order_values([old.get(o) for o in ranked]), strict=True)
                )
            else:
                highest = max([*old.values(), *told.values(), 0])
                values = {}
                for own in ranked:
                    if own in told or own in old:
                        values[own] = told.get(own, old.get(own, 0))
                    else:
                        highest += 1
                        values[own] = highest
            for own, value in values.items():
                if old.get(own) != value:
                    self._orders[own] = value

    def _reorder(self, changes: Sequence[Change]) -> None:
        """Write the order values of rows that nothing else writes."""
        named = {c.row_id for c in changes if c.after}
        for kind in self._kinds:
            if kind.order is None:
                continue
            rest = {
                own: value
                for own, value in self._orders.items()
                if own not in named
            }
            if not rest:
                return
            with self._connection.cursor() as cursor:
                cursor.execute(
                    sql.SQL(
                        "UPDATE {table} AS t SET {order} = r.v, updated_at = now()"
                        " FROM unnest(%s::uuid[], %s::int[]) AS r(id, v) WHERE t.id = r.id"
                    ).format(table=sql.Identifier(kind.table), order=sql.Identifier(kind.order.name)),
                    (list(rest), list(rest.values())),
                )

    def _documents(
        self, kind: Kind, changes: Sequence[Change], content: Content
    ) -> Iterator[_Document]:
        """(columns, JSON object) for every row that is created or updated."""
        names = (*(f.name for f in kind.fields), *(kind.words or ()))
        for change in changes:
            if change.after is None:
                continue
            create = change.action is Action.CREATE
            place: dict[str, Value] = {"id": change.row_id}
            moved = _moves(change)
            if kind.parent_column and (create or moved):
                place[kind.parent_column] = change.after.parent
            if kind.slot and (create or moved):
                place[kind.slot.column] = change.after.slot
            text = content(change)
            if create and kind.order is None:
                columns = (*place, *names)
                text = f"{dump_json(place)[:-1]}, {text[1:]}"
            else:
                found = load_json(text)
                if not isinstance(found, Mapping):
                    raise TypeError(change.key)
                row = {**place, **{n: found[n] for n in self._columns(kind, change) if n in found}}
                if kind.order and change.row_id in self._orders:
                    row[kind.order.name] = self._orders[change.row_id]
                columns, text = tuple(row), dump_json(row)
            yield ("+" if create else "~", *columns), text

    def _columns(self, kind: Kind, change: Change) -> Iterator[str]:
        """The columns that a change writes, with those derived from them."""
        for name in (*(f.name for f in kind.fields), *(kind.words or ())):
            source = (kind.words or {}).get(name, name)
            if change.action is Action.CREATE or source in change.fields:
                yield name

    def _write(self, kind: Kind, batch: list[_Document]) -> None:
        """Write rows that all have the same columns, in one statement."""
        (verb, *names), _ = batch[0]
        data = "[" + ",".join(text for _, text in batch) + "]"
        table, columns = sql.Identifier(kind.table), [sql.Identifier(n) for n in names]
        source = sql.SQL("json_populate_recordset(NULL::{}, %s::json) AS r").format(table)
        listed = sql.SQL(", ").join(columns)
        if verb == "+":
            query = sql.SQL("INSERT INTO {table} ({columns}) SELECT {columns} FROM {source}")
        else:
            query = sql.SQL("UPDATE {table} AS t SET {sets} FROM {source} WHERE t.id = r.id")
        sets = [sql.SQL("{} = r.{}").format(c, c) for c in columns[1:]]
        sets.append(sql.SQL("updated_at = now()"))
        if kind.versioned:
            sets.append(sql.SQL("version = coalesce(t.version, 0) + 1"))
        with self._connection.cursor() as cursor:
            cursor.execute(
                query.format(
                    table=table, columns=listed, source=source, sets=sql.SQL(", ").join(sets)
                ),
                (data,),
            )
            _expect(cursor.rowcount, len(batch), kind, "written")

    def _count(
        self, changes: Sequence[Change], locked: Mapping[str, int], token: int
    ) -> dict[str, tuple[int, int]]:
        """Bring the derived totals of rows above what came, went or moved up to date."""
        touched: dict[str, tuple[int, int]] = {}
        for kind in self._kinds:
            if kind.total is None:
                continue
            column, counted_name = kind.total
            counted = self._kinds[counted_name]
            chain = [counted, *self._kinds.ancestors(counted)]
            between = chain[: chain.index(kind)]
            relevant = {k.name for k in (*between, kind)}
            above = {
                own
                for change in changes
                if change.kind.name in relevant and change.action is not Action.UPDATE or _moves(change)
                for name, own in ((change.kind.name, change.row_id), *change.above)
                if name == kind.name
            }
            if not above:
                continue
            source = sql.SQL("{} AS c0").format(sql.Identifier(counted.table))
            for i, (lower, upper) in enumerate(zip(between, between[1:], strict=False)):
                source += sql.SQL(" JOIN {} AS {} ON {}.id = {}.{}").format(
                    sql.Identifier(upper.table),
                    sql.Identifier(f"c{i + 1}"),
                    sql.Identifier(f"c{i + 1}"),
                    sql.Identifier(f"c{i}"),
                    sql.Identifier(lower.parent_column),
                )
            last = len(between) - 1
            query = sql.SQL(
                "UPDATE {table} AS t SET {column} = n.count, updated_at = now()"
                " FROM (SELECT p.id, (SELECT count(*) FROM {source} WHERE {last}.{fk} = p.id) AS count"
                " FROM {table} AS p WHERE p.id = ANY(%s::uuid[])) AS n"
                " WHERE t.id = n.id AND t.{column} IS DISTINCT FROM n.count RETURNING t.id::text"
            ).format(
                table=sql.Identifier(kind.table),
                column=sql.Identifier(column),
                source=source,
                last=sql.Identifier(f"c{last}"),
                fk=sql.Identifier(between[last].parent_column),
            )
            with self._connection.cursor() as cursor:
                for (own,) in cursor.execute(query, (sorted(above),)):
                    if own in locked:
                        touched[own] = (locked[own], token)
        return touched


def _moves(change: Change) -> bool:
    slot = change.kind.slot
    return PARENT in change.fields or (slot is not None and slot.column in change.fields)


def _expect(found: int, wanted: int, kind: Kind, verb: str) -> None:
    if found != wanted:
        raise RefusedError(
            f"only {found} of {wanted} rows of {kind.table} could be {verb}; nothing was changed",
            "row-level security may keep this role from the others: ask for the grant on that table",
        )


def _batches(
    documents: Iterable[_Document],
) -> Iterator[list[_Document]]:
    """Runs of rows with the same columns, each a few megabytes at most.

    Rows are grouped by their columns as they come; a group is given out when it is large enough.
    """
    groups: dict[tuple[str, ...], list[_Document]] = {}
    sizes: dict[tuple[str, ...], int] = {}
    for document in documents:
        columns, text = document
        group = groups.setdefault(columns, [])
        group.append(document)
        sizes[columns] = sizes.get(columns, 0) + len(text)
        if sizes[columns] > _STATEMENT_BYTES:
            yield groups.pop(columns)
            del sizes[columns]
    yield from groups.values()


