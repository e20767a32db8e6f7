"""Versions entered into the ledger, by the thousand and with their documents."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeAlias

from psycopg import sql

from studio_sync.core.record import Rid
from studio_sync.core.value import dump_json
from studio_sync.database.adapters import JsonText
from studio_sync.database.ledger import Entry, Run

if TYPE_CHECKING:
    from psycopg import Connection

_Member: TypeAlias = tuple[Rid, bytes]
"""A record, and its entry as a JSON object."""

_BYTES = 2_000_000
"""What one statement sends, or a little more."""


def record(
    connection: "Connection[Any]", run: Run, entries: Iterable[Entry], *, reached: bool = False
) -> dict[Rid, int]:
    """Enter versions, whose rows the caller holds locked; the number that each one got, by record.

    A version that somebody else enters at the same moment is left to them: it has no number here. A role
    that is bound to clients (`reached`) does not see every version that counts, and asks a function.
    """
    numbers: dict[Rid, int] = {}
    # While the server is at one batch, the next is made ready.
    with ThreadPoolExecutor(max_workers=1) as server:
        under_way: Future[dict[Rid, int]] | None = None
        for batch in _batches(entries):
            if under_way is not None:
                numbers |= under_way.result()
            under_way = server.submit(_insert, connection, run, batch, reached)
        if under_way is not None:
            numbers |= under_way.result()
    return numbers


def _batches(entries: Iterable[Entry]) -> Iterator[list[_Member]]:
    """Entries as JSON objects, a few megabytes at a time, in an order that all pushes share."""
    batch: list[_Member] = []
    size = 0
    for entry in sorted(entries, key=lambda e: e.rid):
        batch.append((entry.rid, _member(entry)))
        size += len(batch[-1][1])
        if size > _BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


_INSERT = sql.SQL(
    "INSERT INTO studio_sync.versions"
    " (entry, run, top, kind, rid, number, row_id, parent, slot, digests, document, decision)"
    " SELECT gen_random_uuid(), %s, e.top, e.kind, e.rid, coalesce({latest}, 0) + 1,"
    " e.row_id, e.parent, e.slot, e.digests, e.document, e.decision"
    " FROM json_to_recordset(%s::json) AS e (top uuid, kind text, rid text, row_id uuid, parent text,"
    " slot text, digests bytea, document json, decision jsonb) {joined}"
    " ON CONFLICT (rid, number) DO NOTHING RETURNING rid, number"
)


_SEEN = _INSERT.format(
    latest=sql.SQL("(SELECT max(v.number) FROM studio_sync.versions AS v WHERE v.rid = e.rid)"),
    joined=sql.SQL(""),
)
_REACHED = _INSERT.format(
    latest=sql.SQL("n.number"), joined=sql.SQL("LEFT JOIN studio_sync.numbers(%s) AS n ON n.rid = e.rid")
)


def _insert(
    connection: "Connection[Any]", run: Run, batch: Sequence[_Member], reached: bool
) -> dict[Rid, int]:
    # One JSON text, in which documents stand as they are: arrays of them would be escaped once more.
    given = JsonText(b"[" + b",".join(member for _, member in batch) + b"]")
    if reached:
        return dict(connection.execute(_REACHED, (run.id, given, [rid for rid, _ in batch])).fetchall())
    return dict(connection.execute(_SEEN, (run.id, given)).fetchall())


def _member(entry: Entry) -> bytes:
    """An entry as a JSON object, in UTF-8."""
    head = dump_json(
        {
            "top": entry.top,
            "kind": entry.kind,
            "rid": entry.rid,
            "row_id": entry.row_id,
            "parent": entry.parent,
            "slot": entry.slot,
            "digests": f"\\x{entry.digests.hex()}",
        }
    )
    document = entry.document() if entry.document else b"null"
    decision = (entry.decision or "null").encode()
    return b'%s, "document": %s, "decision": %s}' % (head[:-1].encode(), document, decision)
