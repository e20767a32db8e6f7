"""Writing rows in one transaction, all or nothing, only if they still equal the plan."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from operator import attrgetter
from typing import Any

from psycopg import Connection, errors

from studio_sync.core.plan.plan import Change, Plan
from studio_sync.core.plan.reconcile import Action
from studio_sync.core.values.kind import Kind, Kinds
from studio_sync.database.access.grants import role_grants
from studio_sync.database.postgres.connection.capabilities import capabilities
from studio_sync.database.postgres.connection.patience import interrupt
from studio_sync.database.postgres.connection.pipelined import pipelined
from studio_sync.database.postgres.ledger.found import FoundRows
from studio_sync.database.postgres.postgres_tree import PostgresTree
from studio_sync.database.postgres.rows import statements
from studio_sync.database.postgres.rows.cascaded_rows import cascaded_rows
from studio_sync.database.postgres.rows.locks import Locks
from studio_sync.database.postgres.rows.row_reader import Rows
from studio_sync.database.postgres.rows.totals import recount
from studio_sync.database.values.ledger_values import Entry, Run
from studio_sync.database.values.written import WriteResult
from studio_sync.database.writing.guard_recheck import hold_guards
from studio_sync.database.writing.row_documents import RowWriter, documents
from studio_sync.database.writing.sibling_orders import new_orders
from studio_sync.errors import RefusedError

REFUSED = (errors.DataError, errors.CheckViolation, errors.NotNullViolation)
"""Exceptions of the driver if a table rejects a row's values."""


class Writer:
    """Applies changes inside a transaction that the caller has opened (READ COMMITTED)."""

    def __init__(
        self, connection: Connection[Any], kinds: Kinds, run: Run, plan: Plan, *, singly: bool
    ) -> None:
        """`run` is that of the ledger. `singly` writes row by row, to find which one the database rejects."""
        self._connection, self._kinds, self._run = connection, kinds, run
        self._plan, self._singly = plan, singly
        self._tokens = capabilities(connection).xmin
        self.granted = False
        """Whether the role that wrote is bound by grants."""

    def apply(self, content: RowWriter, step: Callable[[int], None]) -> WriteResult:
        """Write the plan's changes, unless its guards stop them now. Raises StaleError, RefusedError."""
        changes, token, new = self._plan.changes, self._token(), dict[str, int]()
        moved_along: list[Entry] = []
        grants = role_grants(self._connection, self._kinds)
        self.granted = grants is not None
        locks = Locks(self._connection, self._kinds, tokens=self._tokens, grants=grants)
        above = locks.above(changes)
        locks.targets(changes)
        locks.children(changes)
        tree = PostgresTree(self._connection, self._kinds)
        hold_guards(self._plan, tree.nodes_below, tree.rows_under)
        found_rows = FoundRows(self._connection, self._kinds, self._run, locks, granted=self.granted)
        elsewhere = cascaded_rows(self._connection, self._kinds, changes, self._plan.dependents)
        found_rows.keep_changed(changes, elsewhere)
        left = {own for c in changes if c.moves for _, own in c.above}
        self._delete(c for c in changes if c.row_id not in left)
        for kind in self._kinds:
            mine = [c for c in changes if c.kind is kind]
            orders = new_orders(kind, mine, content, Rows(self._connection, self._kinds).siblings)
            away = [c for c in mine if c.moves or (c.action is Action.DELETE and c.row_id in left)]
            statements.park(self._connection, kind, away)
            if self._singly:
                self._write_singly(kind, mine, content, orders)
            else:
                found = documents(kind, mine, content, orders)
                send = partial(statements.write_rows, self._connection, kind)
                stop = partial(interrupt, self._connection)
                for count in pipelined(send, statements.batches(found), stop):
                    step(count)
            named = {c.row_id for c in mine}
            shifted = {own: v for own, v in orders.items() if own not in named}
            tops = {c.after.parent: c.top for c in mine if c.after}
            found_rows.keep_shifted(kind, shifted, tops.__getitem__)
            statements.reorder(self._connection, kind, shifted, grants)
            moved_along += found_rows.as_shifted(kind, shifted, tops.__getitem__)
            new |= orders
        # Delete these only after rows have moved out of them, or the cascade would delete those rows.
        self._delete(c for c in changes if c.row_id in left)
        touched = recount(self._connection, self._kinds, changes, above, token, grants)
        return WriteResult(token, new, touched, sorted(moved_along, key=attrgetter("rid")))

    def _delete(self, changes: Iterable[Change]) -> None:
        """Delete the rows of those `changes` that are deletions, children first."""
        deleted = [c for c in changes if c.action is Action.DELETE]
        for kind in reversed(tuple(self._kinds)):
            statements.delete(self._connection, kind, [c for c in deleted if c.kind is kind])

    def _token(self) -> int:
        if not capabilities(self._connection).transaction_ids:
            return 0  # no row has this token
        row = self._connection.execute("SELECT pg_current_xact_id()::text::numeric % 4294967296").fetchone()
        return int(row[0]) if row else 0

    def _write_singly(
        self, kind: Kind, changes: Sequence[Change], content: RowWriter, orders: Mapping[str, int]
    ) -> None:
        """Write row by row. Raises RefusedError that names the first row that the database rejects."""
        for change in changes:
            for document in documents(kind, [change], content, orders):
                try:
                    statements.write_rows(self._connection, kind, [document])
                except (*REFUSED, errors.UniqueViolation) as error:
                    message = error.diag.message_primary
                    raise RefusedError(
                        f"the database refuses {change.path}: {message}; nothing was pushed",
                        f"change the file, or let the table {kind.table} allow it",
                    ) from None
