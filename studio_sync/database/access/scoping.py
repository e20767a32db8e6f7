"""The SQL functions of access by client: which rows the caller may work with.

They run as their owner, who sees every row (SECURITY DEFINER), and answer only for the caller's own
clients. They are generated from the declarations of the kinds.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import LiteralString

from psycopg import sql

from studio_sync.core.values.kind import Kind, Kinds
from studio_sync.database.access import scoping_texts as texts
from studio_sync.database.postgres.rows.joined_tables import joined_chain, table_alias

SCHEMA = "studio_sync"
_OR = "\n        UNION ALL\n    "


def function(name: str) -> sql.Identifier:
    """One of our functions, as statements call it."""
    return sql.Identifier(SCHEMA, name)


def is_open(kind: Kind, row: LiteralString = "") -> sql.Composable:
    """Whether a row (given its alias with a dot, or none) may be changed by roles that may not approve.

    That is before it is locked. A status outside the flow may mean anything, and does not count as open.
    """
    status: LiteralString = row + "status"
    return sql.SQL("({status} IS NULL OR {status}::text IN ({open}))").format(
        status=sql.SQL(status),
        open=sql.SQL(", ").join(sql.Literal(s) for s in kind.flow if s not in kind.locked),
    )


@dataclass(frozen=True)
class Scoping:
    """The functions for the tables of `kinds`; `schemas` has the schema of each table.

    `tracks`: the ledger has a table for tracked changes.
    """

    kinds: Kinds
    schemas: Mapping[str, str]
    tracks: bool = False

    def table(self, kind: Kind) -> sql.Identifier:
        """The table of `kind`, with its schema."""
        return sql.Identifier(self.schemas[kind.table], kind.table)

    @property
    def top(self) -> Kind:
        """The kind of the top rows, by which access is granted."""
        return self.kinds.children("")[0]

    def parents(self) -> tuple[Kind, ...]:
        """The kinds that have child kinds."""
        return tuple(kind for kind in self.kinds if self.kinds.children(kind.name))

    def mine(self, kind: Kind, need: str) -> sql.Composed:
        """Whether a row of `kind` is the caller's; evaluated once for each statement, and hashed."""
        above = self.kinds[kind.parent] if kind.parent else kind
        return sql.SQL("{column} IN (SELECT {mine}({need}))").format(
            column=sql.Identifier(kind.parent_column or "id"),
            mine=function(f"my_{above.table}"),
            need=sql.Literal(need),
        )

    def functions(self) -> Iterator[tuple[str, sql.Composable]]:
        """(signature, definition) of every function for roles; callees before callers."""
        for kind in self.parents():
            yield self._mine(kind)
        yield self._my_access()
        yield from self._ledger()
        for kind in self.kinds:
            yield self._lock(kind)
            if kind.parent and self.kinds.children(kind.name):
                yield self._locked_below(kind)
                yield self._may_stand(kind)
            if kind.total:
                yield self._recount(kind)
            if kind.order and kind.flow:
                yield self._reorder(kind)
        yield self._below()
        yield self._present()
        yield self._anywhere()

    # --- one function each

    def _mine(self, kind: Kind) -> tuple[str, sql.Composable]:
        body: sql.Composable = sql.SQL(texts.TOPS)
        if kind.parent:
            body = self.filled(texts.MINE, kind, above=function(f"my_{self.kinds[kind.parent].table}"))
        rows = 10 ** (len(self.kinds.ancestors(kind)) + 1)
        return self.defined(f"my_{kind.table}", "need text", "SETOF uuid", body, rows=rows)

    def _my_access(self) -> tuple[str, sql.Composable]:
        body = self.filled(texts.ACCESS, self.top, slot=sql.Identifier(self.top.slot_column or "id"))
        gives: LiteralString = "TABLE (top uuid, slot text, can text)"
        return self.defined("my_access", "", gives, body)

    def _ledger(self) -> Iterator[tuple[str, sql.Composable]]:
        """Checks before the ledger is written: whether a run is the caller's, and a record is nobody's."""
        yield self.defined("my_runs", "", "SETOF uuid", sql.SQL(texts.RUNS))
        known = sql.SQL(" UNION ALL ").join(self.filled(texts.HAS_ROW, kind) for kind in self.parents())
        forgotten = sql.SQL(texts.FORGOTTEN).format(known=known)
        yield self.defined("forgotten", "rid text, top uuid", "boolean", forgotten)

    def _lock(self, kind: Kind) -> tuple[str, sql.Composable]:
        gives: LiteralString = "TABLE (id uuid, token bigint)"
        body = self.filled(texts.LOCK, kind)
        return self.defined(f"lock_{kind.table}", "ids uuid[]", gives, body, writes=True)

    def _locked_below(self, kind: Kind) -> tuple[str, sql.Composable]:
        """Locks the descendants of a row of `kind`, and tells whether some have a locking status."""
        parts: list[sql.Composable] = []
        locks: list[sql.Composable] = []
        for lower in self.kinds:
            above = self.kinds.ancestors(lower)
            if kind not in above or not self.kinds.has_flow(lower):
                continue
            root = sql.Identifier(f"p{above.index(kind)}")
            locks.append(self.filled(texts.LOCK_BELOW, lower, root=root))
            if lower.flow:
                parts.append(self.filled(texts.LOCKED, lower, root=root, open=is_open(lower, "t.")))
        body = self.filled(
            texts.LOCKED_BELOW,
            kind,
            locks=sql.SQL("\n").join(locks),
            locked=sql.SQL(_OR).join(parts or [sql.SQL("    SELECT WHERE false")]),
        )
        return self.defined(f"locked_below_{kind.table}", "row_id uuid", "boolean", body, steps=True)

    def _may_stand(self, kind: Kind) -> tuple[str, sql.Composable]:
        """Whether a row of `kind` may move below another parent, which may be another client's."""
        upper, upper_top = self.source(self.kinds[kind.parent])
        below = function(f"locked_below_{kind.table}")
        body = self.filled(texts.MAY_STAND, kind, upper=upper, upper_top=upper_top, locked_below=below)
        takes: LiteralString = "row_id uuid, parent uuid"
        return self.defined(f"may_stand_{kind.table}", takes, "boolean", body, steps=True)

    def _recount(self, kind: Kind) -> tuple[str, sql.Composable]:
        column, counted = kind.total or ("", "")
        chain = (self.kinds[counted], *self.kinds.ancestors(self.kinds[counted]))
        between = chain[: chain.index(kind)]
        body = self.filled(
            texts.COUNT,
            kind,
            column=sql.Identifier(column),
            counted=joined_chain(between, self.table),
            root=sql.Identifier(table_alias(len(between) - 1)),
            parent=sql.Identifier(between[-1].parent_column),
        )
        return self.defined(f"recount_{kind.table}", "ids uuid[]", "SETOF uuid", body, writes=True)

    def _reorder(self, kind: Kind) -> tuple[str, sql.Composable]:
        order = sql.Identifier(kind.order.name if kind.order else "")
        x_open, y_open = is_open(kind, "x."), is_open(kind, "y.")
        body = self.filled(texts.REORDER, kind, order=order, x_open=x_open, y_open=y_open)
        takes: LiteralString = "ids uuid[], orders int4[]"
        return self.defined(f"reorder_{kind.table}", takes, "SETOF uuid", body, steps=True)

    def _below(self) -> tuple[str, sql.Composable]:
        body = self._of_each(texts.BELOW, (kind for kind in self.kinds if kind.parent))
        return self.defined("below", "above text, ids uuid[]", "TABLE (kind text, id uuid)", body)

    def _present(self) -> tuple[str, sql.Composable]:
        body = self._of_each(texts.PRESENT, self.kinds)
        return self.defined("present", "kind text, ids uuid[]", "SETOF uuid", body)

    def _anywhere(self) -> tuple[str, sql.Composable]:
        """Tells a deleted row from one of another client, and reveals nothing else about the latter."""
        body = self._of_each(texts.ANYWHERE, self.kinds)
        return self.defined("anywhere", "kind text, ids uuid[]", "SETOF uuid", body)

    # --- pieces

    def filled(self, text: LiteralString, kind: Kind, **more: sql.Composable) -> sql.Composed:
        """`text` about the rows of `kind`, with its table, alone and joined up to the top row."""
        source, top = self.source(kind)
        about: dict[str, sql.Composable] = {
            "kind": sql.Literal(kind.name),
            "table": self.table(kind),
            "parent_kind": sql.Literal(kind.parent),
            "parent": sql.Identifier(kind.parent_column),
            "source": source,
            "top": top,
            "tops": self.tops,
        }
        return sql.SQL(text).format(**(about | more))

    def _of_each(self, text: LiteralString, kinds: Iterable[Kind]) -> sql.Composed:
        return sql.SQL("\n    UNION ALL\n").join(self.filled(text, kind) for kind in kinds)

    @property
    def tops(self) -> sql.Identifier:
        """The function that gives the caller's top rows."""
        return function(f"my_{self.top.table}")

    def source(self, kind: Kind) -> tuple[sql.Composable, sql.Composable]:
        """The table of `kind` as t, joined up as far as needed, and the column with the top row's id."""
        above = self.kinds.ancestors(kind)
        if not above:
            return joined_chain((kind,), self.table), sql.SQL("t.id")
        chain = (kind, *above[:-1])
        column = sql.SQL("{}.{}").format(
            sql.Identifier(table_alias(len(chain) - 1)), sql.Identifier(chain[-1].parent_column)
        )
        return joined_chain(chain, self.table), column

    @staticmethod
    def defined(
        name: str,
        takes: LiteralString,
        gives: LiteralString,
        body: sql.Composable,
        *,
        writes: bool = False,
        rows: int = 0,
        steps: bool = False,
    ) -> tuple[str, sql.Composable]:
        """With `steps` the body is a block, each statement of which sees what was committed before it."""
        definition = sql.SQL(texts.STEPS_FUNCTION if steps else texts.FUNCTION).format(
            name=function(name),
            takes=sql.SQL(takes),
            gives=sql.SQL(gives),
            manner=sql.SQL("VOLATILE" if writes or steps else "STABLE"),
            rows=sql.SQL(" ROWS {}").format(sql.Literal(rows)) if rows else sql.SQL(""),
            body=body,
        )
        return signature_of(name, takes), definition


def signature_of(name: str, takes: str) -> str:
    """A function with its parameter types."""
    types = ", ".join(part.split()[-1] for part in takes.split(",")) if takes else ""
    return f"{name}({types})"
