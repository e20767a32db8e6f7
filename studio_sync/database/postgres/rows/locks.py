"""Row locks of a push: lock rows before writing, and check that they still equal the plan.

This is optimistic concurrency control: nothing is locked while a plan is made.
"""

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from psycopg import Connection, sql

from studio_sync.core.plan.plan import Change
from studio_sync.core.plan.reconcile import Action, unchanged
from studio_sync.core.values.bounds import chunks
from studio_sync.core.values.kind import Kind, Kinds
from studio_sync.database.access.grants import children_of, locking
from studio_sync.database.postgres.connection.one_value import one_value
from studio_sync.database.postgres.rows.row_reader import Rows
from studio_sync.database.values.failures import StaleError
from studio_sync.errors import RefusedError

if TYPE_CHECKING:
    from studio_sync.database.values.role_grants import RoleGrants

_IDS_AT_ONCE = 5_000


class Locks:
    """Locks rows in the order of kinds and ids, so that two pushes can't deadlock."""

    def __init__(
        self, connection: Connection[Any], kinds: Kinds, *, tokens: bool, grants: "RoleGrants | None" = None
    ) -> None:
        """With `grants`, locks that need a function of the grants use it."""
        self._connection, self._kinds, self._tokens, self._grants = connection, kinds, tokens, grants

    def above(self, changes: Sequence[Change]) -> dict[str, int]:
        """Lock the ancestors of written rows; their tokens by id. Raises StaleError if one is gone."""
        above: dict[str, set[str]] = {}
        for change in changes:
            for name, own in change.above:
                above.setdefault(name, set()).add(own)
        created = {c.row_id for c in changes if c.action is Action.CREATE}
        tokens: dict[str, int] = {}
        for kind in self._kinds:
            wanted = above.get(kind.name, set()) - created
            if wanted:
                query = locking(kind) if self._grants else self._own_lock(kind)
                tokens |= self._lock(kind, query, wanted, "a row above what would be written is gone")
        return tokens

    def _own_lock(self, kind: Kind) -> sql.Composed:
        return sql.SQL(
            "SELECT id::text, {} FROM {} WHERE id = ANY(%s::uuid[]) ORDER BY id FOR UPDATE"
        ).format(sql.SQL("xmin::text::bigint" if self._tokens else "0"), sql.Identifier(kind.table))

    def _lock(self, kind: Kind, query: sql.Composed, ids: Collection[str], message: str) -> dict[str, int]:
        """Lock rows; their tokens by id. Raises StaleError with this message if one is missing."""
        found: dict[str, int] = {}
        wanted = sorted(ids)
        with self._connection.cursor() as cursor:
            for part in chunks(wanted, _IDS_AT_ONCE):
                cursor.execute(query, (part,))
                found.update(cursor.fetchall())
        if len(found) < len(wanted):
            self._hold_readable(kind, sorted(set(wanted) - found.keys()))
            raise StaleError(message)
        return found

    def _hold_readable(self, kind: Kind, ids: list[str]) -> None:
        """Raise RefusedError if rows can be read but not locked: a policy allows this role no more."""
        query = sql.SQL("SELECT count(*) FROM {} WHERE id = ANY(%s::uuid[])").format(
            sql.Identifier(kind.table)
        )
        readable = one_value(self._connection, query, (ids,))
        if readable and self._grants:
            raise RefusedError(
                f"rows of {kind.table} are approved or published, or at a status of their own, and this role"
                " may not approve; nothing was changed",
                "who runs the database can allow it: studio db grant ROLE --client SLUG --can approve",
            )
        if readable and self._may_hide(kind):
            raise RefusedError(
                f"row-level security lets this role read rows of {kind.table}, but not change them;"
                " nothing was changed",
                f"who runs the database can add a policy FOR UPDATE ON {kind.table}",
            )

    def targets(self, changes: Sequence[Change]) -> None:
        """Lock the rows to write. Raises StaleError if one differs from the plan.

        They are compared by content: on a server that lost commits, the token in the plan may be another
        transaction's by now.
        """
        for kind in self._kinds:
            mine = {c.row_id: c for c in changes if c.kind is kind and c.before is not None}
            if not mine:
                continue
            self._lock(kind, self._own_lock(kind), mine, "a row that would be written is gone")
            ids = [UUID(own).bytes for own in mine]
            for row in Rows(self._connection, self._kinds, tokens=self._tokens).read(kind, ids):
                before = mine[row.id].before
                if before is None or row.values is None or not unchanged(kind, before, row.version()):
                    raise StaleError("a row that would be written has changed")

    def hold(self, kind: Kind, ids: Collection[str]) -> None:
        """Lock more rows. Raises StaleError if one is gone."""
        query = locking(kind) if self._grants else self._own_lock(kind)
        self._lock(kind, query, ids, "a row that would be changed along is gone")

    def children(self, changes: Sequence[Change]) -> None:
        """Check that no row would be deleted with its parent that the plan neither deletes nor moves away.

        Raises StaleError if there is one, RefusedError if there may be one that this role can't see.
        """
        leaving = {c.row_id for c in changes if c.action is Action.DELETE or c.moves}
        for kind in self._kinds:
            parents = [c for c in changes if c.kind is kind and c.action is Action.DELETE]
            if parents and self._grants:
                self._hold_below(kind, parents, leaving)
                continue
            for child in self._kinds.children(kind.name) if parents else ():
                if self._may_hide(child):
                    raise RefusedError(
                        f"{parents[0].path} can't be deleted by this role: row-level security may hide"
                        f" rows of {child.table} below it",
                        "let a role that sees every row delete it",
                    )
                if any(own not in leaving for own in self._below(child, parents)):
                    raise StaleError("a row below what would be deleted has appeared")

    def _hold_below(self, kind: Kind, parents: Sequence[Change], leaving: Collection[str]) -> None:
        """The same, where a function reports all rows, hidden or not."""
        staying: dict[str, set[str]] = {}
        for name, own in children_of(self._connection, kind, [p.row_id for p in parents]):
            if own not in leaving:
                staying.setdefault(name, set()).add(own)
        for name, ids in staying.items():
            child = self._kinds[name]
            hidden = ids.difference(self._below(child, parents))
            if hidden:
                raise RefusedError(
                    f"{parents[0].path} can't be deleted by this role: a policy hides {len(hidden)} rows of"
                    f" {child.table} below what would go; nothing was changed",
                    "let a role that sees every row delete it",
                )
            raise StaleError("a row below what would be deleted has appeared")

    def _may_hide(self, kind: Kind) -> bool:
        query = sql.SQL("SELECT row_security_active({}::regclass)").format(sql.Literal(f'"{kind.table}"'))
        return bool(one_value(self._connection, query))

    def _below(self, child: Kind, parents: Sequence[Change]) -> list[str]:
        query = sql.SQL("SELECT id::text FROM {} WHERE {} = ANY(%s::uuid[])").format(
            sql.Identifier(child.table), sql.Identifier(child.parent_column)
        )
        rows = self._connection.execute(query, ([p.row_id for p in parents],))
        return [own for (own,) in rows]
