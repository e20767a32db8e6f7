"""A transaction of the in-memory database: its own writes over the committed state, and its locks."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

from studio_sync.core.history.known_versions import LedgerNote
from studio_sync.core.values.kind import Kind, Kinds
from studio_sync.core.values.record import Rid, Version
from studio_sync.core.values.value import Value
from studio_sync.database.memory.committed_state import CommittedState
from studio_sync.database.memory.stored import OtherRow, StoredRow, StoredRun, StoredVersion, Table
from studio_sync.database.values.failures import StaleError
from studio_sync.database.values.ledger_values import Entry, Run


class MemoryTransaction:
    """One transaction (READ COMMITTED): it sees what others commit meanwhile, overlaid by its own writes."""

    def __init__(self, database: CommittedState, kinds: Kinds, role: str, number: int) -> None:
        self._database, self._kinds, self.role, self.number = database, kinds, role, number
        self._changes: dict[str, dict[str, StoredRow | None]] = {}
        self._seen: dict[str, tuple[Table, Table]] = {}
        self._versions: dict[Rid, dict[int, StoredVersion]] = {}
        self._runs: dict[str, StoredRun] = {}
        self._notes: dict[Rid, list[LedgerNote]] = {}
        self._others: list[OtherRow] = []

    # --- rows

    def table(self, kind: str) -> Table:
        """The rows of a kind, as they would be after a commit now."""
        committed = self._database.state.table(kind)
        changes = self._changes.get(kind)
        if not changes:
            return committed
        known = self._seen.get(kind)
        if known is None or known[0] is not committed:
            known = self._seen[kind] = (committed, committed.changed(changes))
        return known[1]

    def lock(self, kind: Kind, ids: Collection[str]) -> dict[str, int]:
        """Lock rows until the end; the tokens of those that exist. Raises LockedRowError."""
        self._database.take(self, kind.name, ids)
        rows = self.table(kind.name).rows
        return {own: rows[own].token for own in ids if own in rows}

    def insert(self, kind: Kind, own: str, parent: str, slot: str, columns: Mapping[str, Value]) -> None:
        """Insert a row; an omitted column gets its default."""
        if own in self.table(kind.name).rows:
            raise StaleError(f"{kind.table} has a row with this id")
        now = self._database.now()
        filled = {f.name: f.default for f in kind.fields} | dict(columns)
        self._put(StoredRow(kind, own, parent, slot, filled, self.number, now, now))

    def update(
        self, kind: Kind, own: str, columns: Mapping[str, Value], *, parent: str | None = None,
        slot: str | None = None,
    ) -> None:  # fmt: skip
        """Change some columns of a row, and its place."""
        row = self.table(kind.name).rows[own]
        self._put(
            replace(
                row, columns={**row.columns, **columns}, token=self.number, updated_at=self._database.now(),
                parent=row.parent if parent is None else parent, slot=row.slot if slot is None else slot,
            )
        )  # fmt: skip

    def delete(self, kind: Kind, own: str) -> None:
        """Delete a row and all its descendants."""
        self.lock(kind, [own])
        for child in self._kinds.children(kind.name):
            for below in list(self.table(child.name).below(own)):
                self.delete(child, below.id)
        self._note(kind.name, own, None)

    @property
    def others(self) -> tuple[OtherRow, ...]:
        """The rows of other tables, as they would be after a commit now."""
        gone = {own for changes in self._changes.values() for own, row in changes.items() if row is None}
        return tuple(row for row in (*self._database.state.others, *self._others) if row.owner not in gone)

    def insert_other(self, row: OtherRow) -> None:
        """Insert a row of another table."""
        self._others.append(row)

    def _put(self, row: StoredRow) -> None:
        self._database.take(self, row.kind.name, [row.id])
        self._note(row.kind.name, row.id, row)

    def _note(self, kind: str, own: str, row: StoredRow | None) -> None:
        self._changes.setdefault(kind, {})[own] = row
        self._seen.pop(kind, None)

    # --- the ledger

    def enter_run(self, run: Run) -> None:
        """Enter a run; one that exists already stays."""
        if run.id not in self._database.state.runs and run.id not in self._runs:
            covers = None if run.covers is None else frozenset(run.covers)
            self._runs[run.id] = StoredRun(
                run.id,
                self._database.now(),
                run.actor,
                self.role,
                run.source,
                run.commit,
                run.message,
                covers,
            )

    def enter(self, run: Run, entries: Iterable[Entry]) -> dict[Rid, int]:
        """Enter versions; returns each record's new number."""
        numbers: dict[Rid, int] = {}
        for entry in entries:
            mine = self._versions.setdefault(entry.rid, {})
            number = 1 + max((*self._database.state.versions.get(entry.rid, ()), *mine), default=0)
            version = Version(entry.rid, entry.kind, entry.parent, entry.slot, entry.digests)
            document = entry.document().decode("utf-8", "surrogatepass") if entry.document else None
            mine[number] = StoredVersion(
                run.id, number, entry.top, entry.row_id, version, document, entry.decision
            )
            numbers[entry.rid] = number
        return numbers

    def newest(self, rid: Rid) -> StoredVersion | None:
        """The newest version of a record."""
        found = {**self._database.state.versions.get(rid, {}), **self._versions.get(rid, {})}
        return found[max(found)] if found else None

    def enter_notes(self, notes: Iterable[LedgerNote]) -> None:
        """Enter notes."""
        for note in notes:
            self._notes.setdefault(note.content.rid, []).append(note)

    # --- the end

    def commit(self) -> None:
        """Commit. Raises StaleError if a place is taken or a parent is gone."""
        database = self._database
        with database.mutex:
            state = database.state
            tables = {name: state.table(name).changed(changes) for name, changes in self._changes.items()}
            self._hold_keys(tables)
            versions = dict(state.versions)
            for rid, mine in self._versions.items():
                versions[rid] = {**mine, **versions.get(rid, {})}
            notes = dict(state.notes)
            for rid, added in self._notes.items():
                notes[rid] = (*notes.get(rid, ()), *added)
            database.state = replace(
                state,
                tables={**state.tables, **tables},
                versions=versions,
                runs={**state.runs, **self._runs},
                notes=notes,
                others=self.others,
                moment=max(state.moment, self.number + 1),
            )

    def _hold_keys(self, tables: Mapping[str, Table]) -> None:
        """Check the keys: each place has one row, and each row's parent exists."""
        state = self._database.state
        for name, changes in self._changes.items():
            kind, table = self._kinds[name], tables[name]
            for row in table.twins():
                raise StaleError(f"{kind.table} has a row at the place {row.slot} already")
            above = tables.get(kind.parent, state.table(kind.parent)).rows if kind.parent else {}
            if kind.parent and any(row is not None and row.parent not in above for row in changes.values()):
                raise StaleError(f"what a row of {kind.table} is below is deleted")
        for name in self._changes:
            gone = {own for own, row in self._changes[name].items() if row is None}
            for child in self._kinds.children(name) if gone else ():
                table = tables.get(child.name, state.table(child.name))
                if any(table.below(own) for own in gone):
                    raise StaleError(f"a row of {child.table} is below one that would be deleted")


@contextmanager
def transaction(database: CommittedState, kinds: Kinds, role: str) -> Iterator[MemoryTransaction]:
    """A transaction: writes in the block are committed at its end or not at all; then locks are freed."""
    opened = MemoryTransaction(database, kinds, role, database.next_number())
    try:
        yield opened
        opened.commit()
    finally:
        database.release(opened)
