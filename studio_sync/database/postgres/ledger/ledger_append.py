"""Appending to the ledger: a run, then its versions with their documents, in large batches."""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from secrets import token_hex
from typing import Any, TypeAlias

from psycopg import Connection, sql

from studio_sync.core.values.record import Rid
from studio_sync.database.postgres.connection.adapters import JsonText
from studio_sync.database.postgres.connection.patience import interrupt
from studio_sync.database.postgres.connection.pipelined import pipelined
from studio_sync.database.values.ledger_values import MAX_NUMBER, Entry, Run

_Arrays: TypeAlias = list[list[Any]]
"""Entries by column."""

_BYTES = 2_000_000
"""The approximate size of one statement in bytes."""
_BARE = 300
"""The size of an entry without its document."""

_ACTOR, _MESSAGE = 1_000, 100_000
"""The most characters of these in the ledger."""
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_OPEN_RUN = (
    "INSERT INTO studio_sync.runs (id, actor, source, git_commit, message, reach)"
    " VALUES (%s, %s, %s, nullif(%s, ''), nullif(%s, ''), %s::uuid[]) ON CONFLICT (id) DO NOTHING"
)
_ENTER_RUN = "SELECT studio_sync.enter_run(%s, %s, %s, nullif(%s, ''), nullif(%s, ''), %s::uuid[])"


def open_run(connection: Connection[Any], run: Run, *, granted: bool = False) -> None:
    """Enter a run, inside the transaction that writes; one that exists already stays.

    A role bound to clients (`granted`) does it through a function, which limits what the run covers.
    """
    commit = run.commit if _COMMIT.fullmatch(run.commit) else ""
    covers = None if run.covers is None else sorted(run.covers)
    given = (run.id, run.actor[:_ACTOR], run.source, commit, run.message[:_MESSAGE], covers)
    connection.execute(_ENTER_RUN if granted else _OPEN_RUN, given)


def record(
    connection: Connection[Any], run: Run, entries: Iterable[Entry], *, granted: bool = False
) -> dict[Rid, int]:
    """Enter versions, whose rows the caller has locked; returns each record's new number.

    Entries come in the order of their records' identities, so that two runs never deadlock. A version that
    somebody else enters at the same moment is left to them, and gets no number here. A role bound to clients
    (`granted`) enters through a function, which checks the entries.
    """
    numbers: dict[Rid, int] = {}
    send = partial(_insert, connection, run, granted=granted)
    for found in pipelined(send, _batches(entries), partial(interrupt, connection)):
        numbers |= found
    return numbers


def _batches(entries: Iterable[Entry]) -> Iterator[_Arrays]:
    """Entries with their documents, in batches of a few megabytes."""
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
"""The columns of an entry with their types; they are sent as arrays, ids as texts."""

_RID = [*_COLUMNS].index("rid")

_NAMES = sql.SQL(", ").join(sql.Identifier(name) for name in _COLUMNS)
_ARRAYS = sql.SQL(", ").join(
    # The server parses ids twenty times as fast as we could here.
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


def _arrays(batch: Sequence[tuple[Entry, bytes | None]]) -> _Arrays:
    """Entries as arrays to send: documents in binary, so that they are sent as they are."""
    rows = [
        (
            own, e.top, e.kind, e.rid, e.row_id, e.parent, e.slot, e.digests,
            None if document is None else JsonText(document), e.decision,
        )
        for own, (e, document) in zip(_new_ids(len(batch)), batch, strict=True)
    ]  # fmt: skip
    return [list(column) for column in zip(*rows, strict=True)]


def _new_ids(count: int) -> Iterator[str]:
    """Random UUIDs, made here because some servers open a file for each random number.

    The system is asked for all of them at once: a call for each took a third of the time of making entries.
    """
    digits = token_hex(16 * count)
    for at in range(0, len(digits), 32):
        yield f"{digits[at : at + 12]}4{digits[at + 13 : at + 16]}8{digits[at + 17 : at + 32]}"


def _insert(connection: Connection[Any], run: Run, arrays: _Arrays, *, granted: bool) -> dict[Rid, int]:
    found = connection.execute(_GRANTED if granted else _SEEN, (run.id, *arrays))
    # The texts of the entries, not the server's copies of them: a hundred bytes less for each record.
    own = {rid: rid for rid in arrays[_RID]}
    return {own.get(rid, rid): number for rid, number in found}
