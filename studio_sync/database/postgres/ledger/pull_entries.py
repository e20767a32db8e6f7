"""Entering what a pull saw: only if the row, read again under lock, is still that version."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Any
from uuid import UUID

from psycopg import errors, sql

from studio_sync.core.history.known_versions import Note
from studio_sync.core.values.kind import Kind, Kinds
from studio_sync.core.values.record import Rid, Version
from studio_sync.database.access.grants import RoleGrants, locking, role_grants
from studio_sync.database.postgres.ledger import append as ledger_append
from studio_sync.database.postgres.ledger import ledger
from studio_sync.database.postgres.ledger.ledger import Entry, Run
from studio_sync.database.postgres.rows import Rows

if TYPE_CHECKING:
    from psycopg import Connection

_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class Seen:
    """A version that was seen: `version` is None where the row was gone, `token` its xmin or None."""

    entry: Entry
    version: Version | None
    token: int | None


def record_seen(
    connection: "Connection[Any]", kinds: Kinds, run: Run, seen: Iterable[Seen]
) -> dict[Rid, int]:
    """Enter what was seen, in a transaction of its own; the number of each version that was entered.

    Nothing is entered where the role may not: a pull does not depend on it.
    """
    grants = role_grants(connection, kinds)
    found = [one for one in seen if grants is None or grants.may(one.entry.top, "write")]
    if not found:
        return {}
    with _permitted(), connection.transaction():
        entries = sorted(_still(connection, kinds, found, grants), key=attrgetter("rid"))
        ledger.open_run(connection, run, granted=grants is not None)
        return ledger_append.record(connection, run, entries, granted=grants is not None)
    return {}


def record_notes(
    connection: "Connection[Any]", kinds: Kinds, run: Run, notes: Iterable[tuple[str, Note]]
) -> bool:
    """Enter notes, in a transaction of its own, if there are any and the role may; whether that was done."""
    grants = role_grants(connection, kinds)
    found = [(top, note) for top, note in notes if grants is None or grants.may(top, "write")]
    if not found:
        return False
    with _permitted(), connection.transaction():
        ledger.open_run(connection, run, granted=grants is not None)
        ledger.note(connection, run, found, granted=grants is not None)
        return True
    return False


def _permitted() -> suppress:
    """Leaves the block where the role may not write, or a push holds the rows."""
    return suppress(errors.InsufficientPrivilege, errors.ReadOnlySqlTransaction, errors.DeadlockDetected)


def _still(
    connection: "Connection[Any]", kinds: Kinds, seen: Iterable[Seen], grants: RoleGrants | None
) -> Iterable[Entry]:
    """The entries of those rows that still are what was seen; they stay locked."""
    by_kind: dict[str, list[Seen]] = {}
    for one in seen:
        by_kind.setdefault(one.entry.kind, []).append(one)
    for kind in kinds:
        mine = by_kind.get(kind.name, [])
        for start in range(0, len(mine), _AT_ONCE):
            part = mine[start : start + _AT_ONCE]
            tokens = _locked(connection, kind, [s.entry.row_id for s in part], grants)
            doubtful = {
                s.entry.row_id for s in part if s.entry.row_id in tokens and s.token != tokens[s.entry.row_id]
            }
            again = _versions(connection, kinds, kind, doubtful) if doubtful else {}
            for one in part:
                own = one.entry.row_id
                if one.version is None:
                    if own not in tokens:
                        yield one.entry
                elif own in tokens and (own not in doubtful or again.get(own) == one.version):
                    yield one.entry


def _locked(
    connection: "Connection[Any]", kind: Kind, ids: list[str], grants: RoleGrants | None
) -> dict[str, int]:
    query = (
        locking(kind)
        if grants
        else sql.SQL(
            "SELECT id::text, xmin::text::bigint FROM {} WHERE id = ANY(%s::uuid[]) ORDER BY id FOR SHARE"
        ).format(sql.Identifier(kind.table))
    )
    return dict(connection.execute(query, (ids,)).fetchall())


def _versions(
    connection: "Connection[Any]", kinds: Kinds, kind: Kind, ids: Iterable[str]
) -> dict[str, Version]:
    rows = Rows(connection, kinds).read(kind, [UUID(own).bytes for own in ids])
    return {row.id: row.version() for row in rows if row.values is not None}
