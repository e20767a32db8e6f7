"""Writing a plan to the in-memory database, in the same order of steps as in PostgreSQL."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from operator import attrgetter

from studio_sync.core.plan.plan import Change, Plan
from studio_sync.core.plan.reconcile import Action, unchanged
from studio_sync.core.values.kind import Kind, Kinds
from studio_sync.core.values.value import Value, dump_json, json_bytes
from studio_sync.database.memory.memory_rows import MemoryRows
from studio_sync.database.memory.memory_tree import MemoryTree
from studio_sync.database.memory.stored import OtherRow, StoredRow
from studio_sync.database.memory.table_view import chain
from studio_sync.database.memory.transaction import MemoryTransaction
from studio_sync.database.values.failures import StaleError
from studio_sync.database.values.ledger_documents import ELSEWHERE
from studio_sync.database.values.ledger_values import FOUND, Entry, Run, found_run
from studio_sync.database.values.written import WriteResult
from studio_sync.database.writing.deleted_trees import deleted_trees, rows_by_kind
from studio_sync.database.writing.guard_recheck import hold_guards
from studio_sync.database.writing.row_documents import RowWriter, documents, row_values
from studio_sync.database.writing.sibling_orders import new_orders
from studio_sync.errors import RefusedError


class MemoryWriter:
    """Applies a plan inside a transaction."""

    def __init__(self, transaction: MemoryTransaction, kinds: Kinds, plan: Plan, run: Run) -> None:
        self._transaction, self._kinds, self._plan = transaction, kinds, plan
        self._tree = MemoryTree(lambda: transaction, kinds)
        self._run = replace(run, id=found_run(run.id), source=FOUND, commit="", message="")
        self._kept: set[tuple[str, str]] = set()
        self._elsewhere: dict[str, list[OtherRow]] = {}

    def apply(self, content: RowWriter, step: Callable[[int], None]) -> WriteResult:
        """Write the plan's changes. Raises StaleError, RefusedError."""
        changes = self._plan.changes
        above = self._lock_above(changes)
        self._lock_targets(changes)
        self._hold_children(changes)
        hold_guards(self._plan, self._tree.nodes_below, self._tree.rows_under)
        self._take_cascaded_rows(changes)
        self._keep(changes)
        new: dict[str, int] = {}
        shifted: list[Entry] = []
        left = {own for c in changes if c.moves for _, own in c.above}
        self._delete(c for c in changes if c.row_id not in left)
        for kind in self._kinds:
            mine = [c for c in changes if c.kind is kind]
            orders = new_orders(kind, mine, content, self._rows().siblings)
            written = [c for c in mine if c.after is not None]
            found = documents(kind, written, content, orders)
            for change, (columns, text) in zip(written, found, strict=True):
                self._write(change, columns, row_values(text))
                step(1)
            named = {c.row_id for c in mine}
            shifted += self._shift(kind, {own: v for own, v in orders.items() if own not in named})
            new |= orders
        # Delete these only after rows have moved out of them, or the cascade would delete those rows.
        self._delete(c for c in changes if c.row_id in left)
        shifted.sort(key=attrgetter("rid"))
        return WriteResult(self._transaction.number, new, self._recount(changes, above), shifted)

    def _rows(self) -> MemoryRows:
        return MemoryRows(lambda: self._transaction, self._kinds, None, tokens=True)

    # --- checks under lock

    def _lock(self, kind: Kind, ids: set[str], message: str) -> dict[str, int]:
        found = self._transaction.lock(kind, ids)
        if len(found) < len(ids):
            raise StaleError(message)
        return found

    def _lock_above(self, changes: Sequence[Change]) -> dict[str, int]:
        created = {c.row_id for c in changes if c.action is Action.CREATE}
        tokens: dict[str, int] = {}
        for kind in self._kinds:
            ids = {own for c in changes for name, own in c.above if name == kind.name} - created
            tokens |= self._lock(kind, ids, "a row above what would be written is gone")
        return tokens

    def _lock_targets(self, changes: Sequence[Change]) -> None:
        for kind in self._kinds:
            mine = {c.row_id: c.before for c in changes if c.kind is kind and c.before is not None}
            self._lock(kind, set(mine), "a row that would be written is gone")
            rows = self._transaction.table(kind.name).rows
            if any(not unchanged(kind, before, rows[own].version) for own, before in mine.items()):
                raise StaleError("a row that would be written has changed")

    def _hold_children(self, changes: Sequence[Change]) -> None:
        leaving = {c.row_id for c in changes if c.action is Action.DELETE or c.moves}
        for change in changes:
            for child in self._kinds.children(change.kind.name) if change.action is Action.DELETE else ():
                below = self._transaction.table(child.name).below(change.row_id)
                if any(row.id not in leaving for row in below):
                    raise StaleError("a row below what would be deleted has appeared")

    def _take_cascaded_rows(self, changes: Sequence[Change]) -> None:
        """Count the rows of other tables again. Raises StaleError if more would go than were confirmed."""
        allowed = {d.table: d.rows for d in self._plan.dependents}
        for tree in deleted_trees(changes):
            if rows := self._tree.others_of(rows_by_kind(tree)):
                self._elsewhere[tree[0].row_id] = rows
        counted = Counter(row.table for rows in self._elsewhere.values() for row in rows)
        for table, number in counted.items():
            if number > allowed.get(table, -1):
                raise StaleError(f"on what would be deleted hang {number} rows of {table}")

    # --- keeping replaced rows

    def _keep(self, changes: Sequence[Change]) -> None:
        """Enter these rows, and everything deleted by cascade, where the ledger lacks their content."""
        for change in changes:
            row = self._transaction.table(change.kind.name).rows.get(change.row_id)
            if row is None or change.before is None:
                continue
            self._keep_row(row)
            if change.action is Action.DELETE:
                self._keep_below(row)

    def _keep_below(self, row: StoredRow) -> None:
        for child in self._kinds.children(row.kind.name):
            for below in self._transaction.table(child.name).below(row.id):
                self._keep_row(below)
                self._keep_below(below)

    def _keep_row(self, row: StoredRow) -> None:
        key = (row.kind.name, row.id)
        held = self._transaction.newest(row.row.rid)
        elsewhere = self._elsewhere.get(row.id, [])
        known = held is not None and held.document is not None and held.version == row.version
        if key in self._kept or (known and not elsewhere):
            return
        self._kept.add(key)
        self._transaction.enter_run(self._run)
        self._transaction.enter(self._run, [self._entry(row, elsewhere)])

    def _entry(self, row: StoredRow, elsewhere: Sequence[OtherRow] = ()) -> Entry:
        version, text, _ = row.row.version_and_json()
        if elsewhere:
            by_table: dict[str, list[str]] = {}
            for other in elsewhere:
                by_table.setdefault(other.table, []).append(other.text)
            items = (f"{dump_json(table)}: [{', '.join(texts)}]" for table, texts in by_table.items())
            text = b"%s, %s: {%s}}" % (text[:-1], json_bytes(ELSEWHERE), ", ".join(items).encode())
        *_, top = chain(self._transaction, self._kinds, row.kind, row)
        return Entry(
            version.rid, version.kind, top.id, row.id, row.parent, row.slot, version.digests, lambda: text
        )

    # --- writing

    def _write(self, change: Change, named: tuple[str, ...], values: Mapping[str, Value]) -> None:
        kind, after = change.kind, change.after
        place = {"id", kind.parent_column, kind.slot_column}
        columns = {name: values.get(name) for name in named[1:] if name not in place}
        for field in kind.fields:
            if field.required and field.name in columns and columns[field.name] is None:
                raise RefusedError(
                    f"the database refuses {change.path}: {field.name} is null; nothing was pushed",
                    "change the file",
                )
        if after is None:
            return
        version = {"version": self._writes(change) + 1} if kind.versioned else {}
        if change.action is Action.CREATE:
            self._transaction.insert(kind, change.row_id, after.parent, after.slot, {**columns, **version})
        else:
            moved = {"parent": after.parent, "slot": after.slot} if change.moves else {}
            self._transaction.update(kind, change.row_id, {**columns, **version}, **moved)

    def _writes(self, change: Change) -> int:
        row = self._transaction.table(change.kind.name).rows.get(change.row_id)
        count = row.columns.get("version") if row is not None else 0
        return count if isinstance(count, int) else 0

    def _shift(self, kind: Kind, orders: Mapping[str, int]) -> Iterator[Entry]:
        """Give other rows new order values among their siblings; their versions then."""
        if kind.order is None or not orders:
            return
        self._lock(kind, set(orders), "a row that would be changed along is gone")
        for own, value in orders.items():
            self._keep_row(self._transaction.table(kind.name).rows[own])
            self._transaction.update(kind, own, {kind.order.name: value})
            yield self._entry(self._transaction.table(kind.name).rows[own])

    def _delete(self, changes: Iterable[Change]) -> None:
        for change in changes:
            if (
                change.action is Action.DELETE
                and change.row_id in self._transaction.table(change.kind.name).rows
            ):
                self._transaction.delete(change.kind, change.row_id)

    def _recount(self, changes: Sequence[Change], locked: Mapping[str, int]) -> dict[str, tuple[int, int]]:
        """Update the totals above added, deleted or moved rows; (old, new) token of the rows written."""
        touched: dict[str, tuple[int, int]] = {}
        counted = [c for c in changes if c.action is not Action.UPDATE or c.moves]
        for kind in self._kinds:
            if kind.total is None:
                continue
            column, name = kind.total
            ids = {own for c in counted for above, own in c.above if above == kind.name}
            ids |= {c.row_id for c in counted if c.kind is kind and c.action is not Action.DELETE}
            table = self._transaction.table(kind.name)
            for own in sorted(ids & table.rows.keys()):
                total = self._count(kind, own, self._kinds[name])
                if table.rows[own].columns.get(column) != total:
                    self._transaction.update(kind, own, {column: total})
                    if own in locked:
                        touched[own] = (locked[own], self._transaction.number)
        return touched

    def _count(self, kind: Kind, own: str, counted: Kind) -> int:
        """The number of descendants of the kind `counted`."""
        found = {own}
        line = (*reversed(self._kinds.ancestors(counted)), counted)
        for below in line[line.index(kind) + 1 :]:
            table = self._transaction.table(below.name)
            found = {row.id for parent in found for row in table.below(parent)}
        return len(found)
