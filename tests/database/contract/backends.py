"""The databases that keep the contract of a store, and what somebody else does there who isn't studio."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol
from unittest import mock

from psycopg import sql

from studio_sync.core.values.kind import Kind
from studio_sync.core.values.value import Value, dump_json
from studio_sync.database.access.access import Access
from studio_sync.database.address.url import parse_address
from studio_sync.database.memory.memory_database import MemoryDatabase
from studio_sync.database.memory.stored import OtherRow
from studio_sync.database.open_store import open_store
from studio_sync.database.postgres.connection import waiting
from studio_sync.database.postgres.connection.connect import open_connection
from studio_sync.database.postgres.ledger import pull_entries
from studio_sync.database.store import Store
from studio_sync.database.values.role_grants import RoleGrants
from studio_sync.kinds import KINDS

WEB = "web"
"""Who writes rows without studio."""


class Backend(Protocol):
    """A database with no row and an empty ledger."""

    def open(self) -> AbstractContextManager[Store]:
        """A store of it."""
        ...

    def bound(self, top: str, slot: str, can: str) -> AbstractContextManager[Store]:
        """A store for a role that was granted the row `top`, which has that slot, and nothing else."""
        ...

    def insert(self, kind: Kind, own: str, parent: str, slot: str, columns: Mapping[str, Value]) -> None:
        """Somebody else adds a row."""
        ...

    def update(self, kind: Kind, own: str, columns: Mapping[str, Value]) -> None:
        """Somebody else changes a row."""
        ...

    def delete(self, kind: Kind, own: str) -> None:
        """Somebody else deletes a row."""
        ...

    def learn(self, session: str) -> None:
        """A learner gets on with a session: a row of another table, `progress`, depends on it."""
        ...

    def holding(self, kind: Kind, own: str) -> AbstractContextManager[None]:
        """Somebody else has a row locked in the block."""
        ...

    def columns(self, kind: Kind, own: str, names: Sequence[str]) -> list[Any]:
        """What some columns of a row say."""
        ...


class InMemory:
    """The database in memory."""

    def __init__(self) -> None:
        self.database = MemoryDatabase()

    def open(self) -> AbstractContextManager[Store]:
        return self.database.open("here", KINDS)

    def bound(self, top: str, slot: str, can: str) -> AbstractContextManager[Store]:
        return self.database.open("here", KINDS, role="mia", grants=RoleGrants({top: can}, {top: slot}))

    def insert(self, kind: Kind, own: str, parent: str, slot: str, columns: Mapping[str, Value]) -> None:
        with self.database.transaction(KINDS, WEB) as transaction:
            transaction.insert(kind, own, parent, slot, columns)

    def update(self, kind: Kind, own: str, columns: Mapping[str, Value]) -> None:
        with self.database.transaction(KINDS, WEB) as transaction:
            transaction.update(kind, own, columns)

    def delete(self, kind: Kind, own: str) -> None:
        with self.database.transaction(KINDS, WEB) as transaction:
            transaction.delete(kind, own)

    def learn(self, session: str) -> None:
        with self.database.transaction(KINDS, WEB) as transaction:
            transaction.insert_other(OtherRow("progress", session, "{}"))

    @contextmanager
    def holding(self, kind: Kind, own: str) -> Iterator[None]:
        with self.database.transaction(KINDS, WEB) as transaction:
            transaction.lock(kind, [own])
            yield

    def columns(self, kind: Kind, own: str, names: Sequence[str]) -> list[Any]:
        said = self.database.state.table(kind.name).rows[own].columns
        return [said[name] for name in names]


class Postgres:
    """A database of PostgreSQL."""

    def __init__(self, url: str) -> None:
        self._url, self._target = url, parse_address(url)
        self._connection = open_connection(self._target)

    def close(self) -> None:
        """Take away what `learn` made, as the database goes on to another test; and hang up."""
        self._connection.execute("DROP TABLE IF EXISTS progress")
        self._connection.close()

    def open(self) -> AbstractContextManager[Store]:
        return open_store(self._target, "here", KINDS)

    @contextmanager
    def bound(self, top: str, slot: str, can: str) -> Iterator[Store]:
        role = f"{self._target.dbname}_mia"
        target = parse_address(self._url.replace("postgres@", f"{role}@"))
        self._connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(role)))
        Access.of(self._connection, KINDS).grant(role, [slot], can)
        try:
            with open_store(target, "here", KINDS) as store:
                yield store
        finally:
            for statement in ("DROP OWNED BY {}", "DROP ROLE {}"):
                self._connection.execute(sql.SQL(statement).format(sql.Identifier(role)))

    def insert(self, kind: Kind, own: str, parent: str, slot: str, columns: Mapping[str, Value]) -> None:
        place = {"id": own, kind.parent_column: parent, kind.slot.column if kind.slot else "": slot}
        row = {name: value for name, value in {**place, **columns}.items() if name}
        self._connection.execute(
            sql.SQL("INSERT INTO {table} ({names}) SELECT {names} FROM {source}").format(
                table=sql.Identifier(kind.table), names=_names(row), source=_source(kind)
            ),
            (dump_json(row),),
        )

    def update(self, kind: Kind, own: str, columns: Mapping[str, Value]) -> None:
        sets = sql.SQL(", ").join(sql.SQL("{0} = r.{0}").format(sql.Identifier(n)) for n in columns)
        self._connection.execute(
            sql.SQL("UPDATE {} AS t SET {}, updated_at = now() FROM {} WHERE t.id = %s").format(
                sql.Identifier(kind.table), sets, _source(kind)
            ),
            (dump_json(columns), own),
        )

    def delete(self, kind: Kind, own: str) -> None:
        query = sql.SQL("DELETE FROM {} WHERE id = %s").format(sql.Identifier(kind.table))
        self._connection.execute(query, (own,))

    def learn(self, session: str) -> None:
        self._connection.execute(
            "CREATE TABLE IF NOT EXISTS progress (session_id uuid REFERENCES sessions (id) ON DELETE CASCADE)"
        )
        self._connection.execute("INSERT INTO progress VALUES (%s)", (session,))

    @contextmanager
    def holding(self, kind: Kind, own: str) -> Iterator[None]:
        query = sql.SQL("SELECT FROM {} WHERE id = %s FOR UPDATE").format(sql.Identifier(kind.table))
        with (
            mock.patch.object(waiting, "LOCK_TIMEOUT", "100ms"),
            mock.patch.object(pull_entries, "_WAIT", "100ms"),
            self._connection.transaction(),
        ):
            self._connection.execute(query, (own,))
            yield

    def columns(self, kind: Kind, own: str, names: Sequence[str]) -> list[Any]:
        listed = sql.SQL(", ").join(map(sql.Identifier, names))
        query = sql.SQL("SELECT {} FROM {} WHERE id = %s").format(listed, sql.Identifier(kind.table))
        (found,) = self._connection.execute(query, (own,)).fetchall()
        return list(found)


def _names(row: Mapping[str, Value]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, row))


def _source(kind: Kind) -> sql.Composed:
    return sql.SQL("json_populate_record(NULL::{}, %s::json) AS r").format(sql.Identifier(kind.table))
