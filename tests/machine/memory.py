"""The machine's databases in memory: the same store contract, many times as fast."""

import copyreg
import os
import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from studio_sync.core.values.kind import Kind
from studio_sync.core.values.value import Value, dump_json, load_json
from studio_sync.database import open_store as opening
from studio_sync.database.memory.memory_database import MemoryDatabase
from studio_sync.database.memory.memory_writer import MemoryWriter
from studio_sync.database.memory.stored import MemoryState, OtherRow, StoredRow
from studio_sync.database.memory.transaction import MemoryTransaction
from studio_sync.database.values.failures import LostError
from studio_sync.kinds import KINDS
from tests.cutting import Cut
from tests.machine.database import COLUMNS, PROGRESS, STATED, Database, Row
from tests.machine.words import words_of

_TABLES = {kind.table: kind for kind in KINDS}
_HOST = "postgresql://memory/"
"""Of the addresses that lead to these databases; nothing answers there."""
_WEB = "web"


def _kind(name: str) -> Kind:
    return KINDS[name]


copyreg.pickle(Kind, lambda kind: (_kind, (kind.name,)))


@contextmanager
def databases(*names: str) -> Iterator[list["InMemory"]]:
    """Databases in memory, that commands in the block find by their addresses."""
    found = {name: InMemory(name) for name in names}

    real = opening.open_store

    def open_store(target: Any, label: str, kinds: Any, **more: Any) -> Any:
        if target.dbname in found:
            return found[target.dbname].database.open(label, kinds)
        return real(target, label, kinds, **more)

    with mock.patch.object(opening, "open_store", open_store):
        yield list(found.values())


class InMemory(Database):
    """A database in memory."""

    writer = MemoryWriter

    def __init__(self, name: str) -> None:
        super().__init__(name, f"{_HOST}{name}")
        self.database = MemoryDatabase()
        self._saved: dict[str, MemoryState] = {}

    # --- what is there

    def moment(self) -> object:
        """What was committed last."""
        return _Same(self.database.state)

    def _all(self) -> Iterator[StoredRow]:
        for table in self.database.state.tables.values():
            yield from table.rows.values()

    def read(self) -> list[Row]:
        """All rows."""
        return [_row(row) for row in self._all()]

    def ledger_words(self) -> set[str]:
        """All words that the ledger holds."""
        versions = self.database.state.versions.values()
        return words_of("\n".join(v.document for known in versions for v in known.values() if v.document))

    def learned(self) -> frozenset[str]:
        """The words of all learners."""
        return frozenset(str(load_json(row.text)["note"]) for row in self.database.state.others)

    def learn(self, session: str, word: str) -> None:
        """A learner writes a word about a session."""
        with self._writing() as web:
            web.insert_other(OtherRow(PROGRESS, session, dump_json({"note": word, "session_id": session})))

    def runs(self) -> list[str]:
        """The runs in the ledger, newest first."""
        runs = self.database.state.runs.values()
        return [run.id for run in sorted(runs, key=lambda run: run.at, reverse=True)]

    def tokens(self) -> list[tuple[str, int]]:
        """The id and the token of each row."""
        return [(row.id, row.token) for row in self._all()]

    # --- what somebody does there

    @contextmanager
    def _writing(self) -> Iterator[MemoryTransaction]:
        with self.database.transaction(KINDS, _WEB) as transaction:
            yield transaction

    def replace(self, row: Row, old: str, new: str) -> None:
        """Write a word over another one."""
        kind = _TABLES[row.table]
        with self._writing() as web:
            said = web.table(kind.name).rows[row.id].columns
            changed = {name: _replaced(said.get(name), old, new) for name in COLUMNS[row.table]}
            web.update(kind, row.id, changed)

    def delete(self, row: Row) -> None:
        """Delete a row."""
        with self._writing() as web:
            web.delete(_TABLES[row.table], row.id)

    def new_session(self, own: str, chapter: str, number: int, title: str) -> None:
        """Make a session."""
        with self._writing() as web:
            slot = f"{web.table('chapter').rows[chapter].slot}.{number}"
            if all(row.slot != slot for row in web.table("session").below(chapter)):
                web.insert(KINDS["session"], own, chapter, slot, {"title": title, "order_index": number})

    def new_article(self, own: str, session: str, content: str) -> None:
        """Give a session an article."""
        with self._writing() as web:
            if session in web.table("session").rows:
                web.insert(KINDS["article"], own, session, "", {"content": content})

    def drag(self, row: Row, order: int) -> None:
        """Put a session at another place."""
        with self._writing() as web:
            web.update(KINDS["session"], row.id, {"order_index": order})

    def move(self, row: Row, chapter: str, number: int) -> None:
        """Put a session into a chapter."""
        with self._writing() as web:
            slot = f"{web.table('chapter').rows[chapter].slot}.{number}"
            if all(other.slot != slot for other in web.table("session").below(chapter)):
                web.update(KINDS["session"], row.id, {}, parent=chapter, slot=slot)

    def step(self, row: Row, status: str) -> None:
        """Set a status."""
        with self._writing() as web:
            web.update(_TABLES[row.table], row.id, {"status": status})

    # --- what happens to it

    def save(self, name: str) -> None:
        """Keep what is committed."""
        self._saved[name] = self.database.state

    def load(self, name: str) -> None:
        """Restore it, as a dump is restored."""
        self.database.restore(self._saved[name])

    def reset(self) -> None:
        """Be as when a sequence begins, tokens included."""
        self.database.state = self._saved["saved"]

    @contextmanager
    def cut(self, where: Cut) -> Iterator[None]:
        """A COMMIT is not answered: it arrives, or it doesn't."""
        real, count = MemoryTransaction.commit, 0

        def commit(transaction: MemoryTransaction) -> None:
            nonlocal count
            count += 1
            if count != where.moment or where.arrives:
                real(transaction)
            if count == where.moment:
                raise LostError("the connection was lost while writing")

        with mock.patch.object(MemoryTransaction, "commit", commit):
            yield

    @contextmanager
    def shared(self) -> Iterator[None]:
        """What a process that is started in the block commits is there afterwards, killed or not."""
        real, place = MemoryTransaction.commit, Path(f"/dev/shm/studio-{os.getpid()}.state")

        def commit(transaction: MemoryTransaction) -> None:
            real(transaction)
            # A step of the run, at which it can be killed: before it, nothing of the commit is known.
            (part := place.with_suffix(".part")).write_bytes(pickle.dumps(self.database.state))
            os.replace(part, place)

        place.unlink(missing_ok=True)
        try:
            with mock.patch.object(MemoryTransaction, "commit", commit):
                yield
            if place.exists():
                self.database.adopt(pickle.loads(place.read_bytes()))
        finally:
            place.unlink(missing_ok=True)


class _Same:
    """Equal to itself: two states are told apart by which they are, not by what they hold."""

    def __init__(self, state: MemoryState) -> None:
        self._state = state

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other._state is self._state

    __hash__ = None  # type: ignore[assignment]


def _row(row: StoredRow) -> Row:
    table, text = row.kind.table, f"{row.slot} {dump_json(dict(row.columns))}"
    status, number = row.columns.get("status"), row.slot if table == "sessions" else None
    stated = str(status) if table in STATED and status is not None else None
    return Row(table, row.id, row.parent or None, stated, number, text, frozenset(words_of(text)))


def _replaced(value: Value, old: str, new: str) -> Value:
    if value is None or isinstance(value, str):
        return value and value.replace(old, new)
    return load_json(dump_json(value).replace(old, new))
