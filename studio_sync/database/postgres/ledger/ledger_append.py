"""Versions entered into the ledger, by the thousand and with their documents."""

from collections.abc import Iterable, Iterator
from functools import partial
from secrets import token_hex
from typing import TYPE_CHECKING, Any, TypeAlias

from psycopg import sql

from studio_sync.core.values.record import Rid
from studio_sync.database.postgres.connection.adapters import JsonText
from studio_sync.database.postgres.connection.pipelined import pipelined
from studio_sync.database.values.ledger_values import MAX_NUMBER, Entry, Run

if TYPE_CHECKING:
    from psycopg import Connection

_Arrays: TypeAlias = list[list[Any]]
"""Entries by column."""

_BYTES = 2_000_000
"""What one statement sends, or a little more."""
_BARE = 300
"""What an entry takes without its document."""


def record(
    connection: "Connection[Any]", run: Run, entries: Iterable[Entry], *, granted: bool = False
) -> dict[Rid, int]:
    """Enter versions, whose rows the caller holds locked; the number that each one got, by record.

    They come in the order of their records' identities, so that two runs never wait for one another.
    A version that somebody else enters at the same moment is left to them: it has no number here. A role
    that is bound to clients (`granted`) enters through a function, which checks what it says.
    """
    numbers: dict[Rid, int] = {}
    for found in pipelined(partial(_insert, connection, run, granted=granted), _batches(entries)):
        numbers |= found
    return numbers


def _batches(entries: Iterable[Entry]) -> Iterator[_Arrays]:
    """Entries with their documents, a few megabytes at a time."""
    batch: list[tuple[Entry, bytes | None]] = []
    size = 0
    for entry in entries:
        document = entry.document() if entry.document else None
        batch.append((entry, document))
        size += _BARE + len(document or b"")
        if size > _BYTES:
            yield _arrays(batch)
            batch, size = [], 0
    if batch:
        yield _arrays(batch)


_COLUMNS = {
    "entry": "uuid", "top": "uuid", "kind": "text", "rid": "text", "row_id": "uuid", "parent": "text",
    "slot": "text", "digests": "bytea", "document": "json", "decision": "jsonb",
}  # fmt: skip
"""What an entry says, with the type of each column: an array of it is sent, of ids as texts."""

_NAMES = sql.SQL(", ").join(sql.Identifier(name) for name in _COLUMNS)
_ARRAYS = sql.SQL(", ").join(
    # The server parses an id in a twentieth of the time that it takes here.
    sql.SQL("%b::text[]::uuid[]" if of == "uuid" else "%b::{}[]").format(sql.SQL(of))
    for of in _COLUMNS.values()
)

_SEEN = sql.SQL(
    "INSERT INTO studio_sync.versions (run, number, {columns})"
    " SELECT %s, 1 + coalesce((SELECT max(v.number) FROM studio_sync.versions AS v"
    " WHERE v.rid = e.rid AND v.number < {beyond}), 0), {columns} FROM unnest({arrays}) AS e ({columns})"
    " ON CONFLICT (rid, number) DO NOTHING RETURNING rid, number"
).format(columns=_NAMES, arrays=_ARRAYS, beyond=sql.Literal(MAX_NUMBER))
_GRANTED = sql.SQL("SELECT rid, number FROM studio_sync.enter_versions(%s, {})").format(_ARRAYS)


def _arrays(batch: Iterable[tuple[Entry, bytes | None]]) -> _Arrays:
    """Entries in the form in which they are sent: in binary, so that documents go as they are."""
    rows = [
        (
            _new_id(), e.top, e.kind, e.rid, e.row_id, e.parent, e.slot, e.digests,
            None if document is None else JsonText(document), e.decision,
        )
        for e, document in batch
    ]  # fmt: skip
    return [list(column) for column in zip(*rows, strict=True)]


def _new_id() -> str:
    """A new random UUID, made here, as some servers open a file for each random number."""
    digits = token_hex(16)
    return f"{digits[:12]}4{digits[13:16]}8{digits[17:]}"


def _insert(connection: "Connection[Any]", run: Run, arrays: _Arrays, *, granted: bool) -> dict[Rid, int]:
    found = connection.execute(_GRANTED if granted else _SEEN, (run.id, *arrays))
    return dict(found.fetchall())
