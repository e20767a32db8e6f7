"""Entering notes into the ledger: a file's content that is no version, and what it is based on."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from studio_sync.core.history.known_versions import LedgerNote
from studio_sync.database.values.ledger_values import Run

if TYPE_CHECKING:
    from psycopg import Connection

_NOTE = (
    "INSERT INTO studio_sync.notes (id, run, top, kind, rid, parent, slot, digests, fields, number)"
    " VALUES (gen_random_uuid(), %s, %s, %s, %s, %s, %s, %s, %s, %s)"
)
_ENTER_NOTE = "SELECT studio_sync.enter_note(%s, %s, %s, %s, %s, %s, %s, %s::text[], %s)"


def enter_notes(
    connection: "Connection[Any]", run: Run, notes: Iterable[tuple[str, LedgerNote]], *, granted: bool = False
) -> None:
    """Enter notes, each with the id of its record's top row."""
    rows = list(notes)
    if not rows:
        return
    with connection.cursor() as cursor:
        cursor.executemany(
            _ENTER_NOTE if granted else _NOTE,
            [
                (
                    run.id, top, n.content.kind, n.content.rid, n.content.parent, n.content.slot,
                    n.content.digests, sorted(n.fields), n.number,
                )
                for top, n in rows
            ],
        )  # fmt: skip
