"""Withdrawn notes: notes that don't count here, because their decision was undone.

The undo takes them back in the ledger, too; where it can't, the next pull does.
"""

import json
from collections.abc import Iterable, Mapping

from studio_sync.core.history.known_versions import LedgerNote, RecordHistory
from studio_sync.core.values.record import Rid
from studio_sync.files.memory.bases import Bases


def withdrawn_notes(memory: Bases, db: int, rid: Rid) -> str:
    """The withdrawn notes of a record, as they are saved."""
    return memory.fact(_name(db, rid))


def save_withdrawn(memory: Bases, db: int, rid: Rid, withdrawn: str) -> None:
    """Save them; "" if none are withdrawn."""
    if withdrawn_notes(memory, db, rid) != withdrawn:
        memory.set_fact(_name(db, rid), withdrawn)


def with_notes(withdrawn: str, notes: Iterable[LedgerNote]) -> str:
    """The saved form of withdrawn notes and these."""
    found = {*_read(withdrawn), *map(_identity, notes)}
    return json.dumps(sorted(found)) if found else ""


def without_withdrawn(
    memory: Bases, db: int, histories: Mapping[Rid, RecordHistory]
) -> Mapping[Rid, RecordHistory]:
    """The histories; the withdrawn notes are hidden in them."""
    found = dict(histories)
    for rid, history in histories.items():
        if history.notes and (hidden := notes_in(withdrawn_notes(memory, db, rid), history.notes)):
            notes = [note for note in history.notes if note not in hidden]
            found[rid] = RecordHistory(history.kind, history.versions, notes, hidden)
    return found


def notes_in(withdrawn: str, notes: Iterable[LedgerNote]) -> list[LedgerNote]:
    """Those of the notes that are in a saved form."""
    identities = _read(withdrawn)
    return [note for note in notes if _identity(note) in identities]


_Identity = tuple[int, str, str, str]
"""A note's number, and its content."""


def _identity(note: LedgerNote) -> _Identity:
    content = note.content
    return note.number, content.parent, content.slot, content.digests.hex()


def _read(withdrawn: str) -> set[_Identity]:
    return {(int(n), str(parent), str(slot), str(d)) for n, parent, slot, d in json.loads(withdrawn or "[]")}


def _name(db: int, rid: Rid) -> str:
    return f"withdrawn:{db}:{rid}"
