"""Ledger entries of a pull: a version is entered only if its row, locked and read again, still has it.

A pull never waits long for row locks: a row locked by somebody else is left for a later run. Nor does it
wait for a synchronous standby.
"""

import time
from collections.abc import Iterable
from contextlib import suppress
from operator import attrgetter
from typing import Any
from uuid import UUID

from psycopg import Connection, errors, sql

from studio_sync.core.history.known_versions import LedgerNote
from studio_sync.core.values.bounds import chunks
from studio_sync.core.values.kind import Kind, Kinds
from studio_sync.core.values.record import Version
from studio_sync.database.access.grants import locking, role_grants
from studio_sync.database.postgres.connection.capabilities import capabilities
from studio_sync.database.postgres.ledger import ledger_append
from studio_sync.database.postgres.ledger.notes import enter_notes
from studio_sync.database.postgres.rows.row_reader import Rows
from studio_sync.database.values.ledger_values import EnteredRows, Entry, PulledVersion, Run
from studio_sync.database.values.role_grants import RoleGrants

_AT_ONCE = 5_000
_TRIES = 4
_WAIT = "2s"
"""How long to wait for a row that somebody else has locked."""
_AGAIN = "50ms"
"""How long to wait for a row, or a group of rows, once some are known to be locked."""
_FIND_SECONDS = 3.0
"""How long the search for locked rows may take; after that, rows not tried count as locked."""


def record_pulled(
    connection: Connection[Any], kinds: Kinds, run: Run, versions: Iterable[PulledVersion]
) -> EnteredRows:
    """Enter versions that the pull has read, in a transaction of its own.

    Nothing is entered if the role may not, because a pull does not depend on it; nor for a row that stays
    locked for more than two seconds.
    """
    grants = role_grants(connection, kinds)
    found = [one for one in versions if grants is None or grants.may(one.entry.top, "write")]
    if not found:
        return EnteredRows()
    one_by_one = False
    for _ in range(_TRIES):
        try:
            with _permitted(), connection.transaction():
                locks = _RowLocks(connection, grants, one_by_one=one_by_one)
                entries = sorted(_still(connection, kinds, found, locks), key=attrgetter("rid"))
                ledger_append.open_run(connection, run, granted=grants is not None)
                numbers = ledger_append.record(connection, run, entries, granted=grants is not None)
                return EnteredRows(
                    numbers, frozenset(s.entry.rid for s in found if s.entry.row_id in locks.held)
                )
        except errors.LockNotAvailable:
            if one_by_one:
                break  # not a row is locked, but a table of the ledger
            one_by_one = True
        except _RACES:
            continue
        else:
            return EnteredRows()
    return EnteredRows(locked=frozenset(one.entry.rid for one in found))


def record_notes(
    connection: Connection[Any], kinds: Kinds, run: Run, notes: Iterable[tuple[str, LedgerNote]]
) -> bool:
    """Enter notes, in a transaction of its own, if there are any and the role may; returns whether it did."""
    grants = role_grants(connection, kinds)
    found = [(top, note) for top, note in notes if grants is None or grants.may(top, "write")]
    if not found:
        return False
    for _ in range(_TRIES):
        with suppress(*_RACES), _permitted(), connection.transaction():
            _wait(connection, _WAIT)
            ledger_append.open_run(connection, run, granted=grants is not None)
            enter_notes(connection, run, found, granted=grants is not None)
            return True
    return False


_RACES = (errors.DeadlockDetected, errors.SerializationFailure)
"""Errors caused by concurrency alone."""


def _permitted() -> suppress:
    """Leave the block if the role may not write."""
    return suppress(errors.InsufficientPrivilege, errors.ReadOnlySqlTransaction)


def _wait(connection: Connection[Any], time_: str) -> None:
    """Set this transaction's lock timeout, and don't wait for a synchronous standby.

    No words are lost with an entry of a pull: the standby need not have it before the pull goes on.
    """
    connection.execute(
        "SELECT set_config('lock_timeout', %s, true), set_config('synchronous_commit',"
        " CASE current_setting('synchronous_commit') WHEN 'off' THEN 'off' ELSE 'local' END, true)",
        [time_],
    )


def _still(
    connection: Connection[Any], kinds: Kinds, versions: Iterable[PulledVersion], locks: "_RowLocks"
) -> Iterable[Entry]:
    """The entries of the rows that still have the version read; these rows stay locked."""
    by_kind: dict[str, list[PulledVersion]] = {}
    for one in versions:
        by_kind.setdefault(one.entry.kind, []).append(one)
    for kind in kinds:
        mine = by_kind.get(kind.name, [])
        for part in chunks(mine, _AT_ONCE):
            tokens = locks.take(kind, [s.entry.row_id for s in part])
            doubtful = {
                s.entry.row_id
                for s in part
                if s.entry.row_id in tokens and (s.token is None or s.token != tokens[s.entry.row_id])
            }
            again = _versions(connection, kinds, kind, doubtful) if doubtful else {}
            for one in part:
                own = one.entry.row_id
                if own in locks.held:
                    continue  # a locked row may be about to be deleted or inserted
                if one.version is None:
                    if own not in tokens:
                        yield one.entry
                elif own in tokens and (own not in doubtful or again.get(own) == one.version):
                    yield one.entry


class _RowLocks:
    """Locks rows in one transaction, and finds those that somebody else has locked."""

    def __init__(self, connection: Connection[Any], grants: RoleGrants | None, *, one_by_one: bool) -> None:
        """With `one_by_one` some rows are known to be locked, and it finds out which."""
        self._connection, self._grants, self._one_by_one = connection, grants, one_by_one
        self._until = time.monotonic() + _FIND_SECONDS
        self.held: set[str] = set()
        _wait(connection, _AGAIN if one_by_one else _WAIT)

    def take(self, kind: Kind, ids: list[str]) -> dict[str, int]:
        """Lock rows of `kind`; returns the tokens of those that exist, by id.

        It doesn't use SKIP LOCKED, with which a locked row would look deleted. Raises LockNotAvailable unless
        `one_by_one`.
        """
        if not self._one_by_one:
            return self._locked(kind, ids)
        try:
            with self._connection.transaction():
                return self._locked(kind, ids)
        except errors.LockNotAvailable:
            if len(ids) == 1 or time.monotonic() > self._until:
                self.held.update(ids)
                return {}
        half = len(ids) // 2
        return self.take(kind, ids[:half]) | self.take(kind, ids[half:])

    def _locked(self, kind: Kind, ids: list[str]) -> dict[str, int]:
        query = (
            locking(kind)
            if self._grants
            else sql.SQL(
                "SELECT id::text, {} FROM {} WHERE id = ANY(%s::uuid[]) ORDER BY id FOR SHARE"
            ).format(
                sql.SQL("xmin::text::bigint" if capabilities(self._connection).xmin else "NULL"),
                sql.Identifier(kind.table),
            )
        )
        return dict(self._connection.execute(query, (ids,)).fetchall())


def _versions(
    connection: Connection[Any], kinds: Kinds, kind: Kind, ids: Iterable[str]
) -> dict[str, Version]:
    rows = Rows(connection, kinds).read(kind, [UUID(own).bytes for own in ids])
    return {row.id: row.version() for row in rows if row.values is not None}
