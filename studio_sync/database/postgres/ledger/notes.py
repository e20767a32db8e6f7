"""Entering notes into the ledger: a file's content that is no version, and what it is based on."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from studio_sync.core.history.known_versions import LedgerNote, part_names
from studio_sync.core.values.kind import Kind
from studio_sync.core.values.record import Version
from studio_sync.database.values.ledger_values import WITHDRAWN, Run

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
                    n.content.digests, _stated(n), n.number,
                )
                for top, n in rows
            ],
        )  # fmt: skip


def _stated(note: LedgerNote) -> list[str]:
    """The fields of a note, as they are entered."""
    return sorted(f"{WITHDRAWN}{name}" if note.withdraws else name for name in note.fields)


def read_note(kind: Kind, content: Version, fields: Iterable[object], number: int) -> LedgerNote:
    """A note as it was entered; unknown fields are left out."""
    # An array of arrays is one for PostgreSQL, too.
    named = {name for name in fields if isinstance(name, str)}
    withdraws = bool(named) and all(name.startswith(WITHDRAWN) for name in named)
    if withdraws:
        named = {name.removeprefix(WITHDRAWN) for name in named}
    return LedgerNote(content, frozenset(named.intersection(part_names(kind))), number, withdraws)
