"""What this workspace knows of notes in the ledger: which it entered itself, and which it withdrew.

Withdrawn notes don't count here, because their decision was undone. The undo takes them back in the ledger,
too; where it can't, the next pull does.
"""

import json
from collections import defaultdict
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


def save_entered(memory: Bases, db: int, notes: Iterable[LedgerNote]) -> None:
    """Save that this workspace enters these notes, in a transaction of the caller."""
    by_record: dict[Rid, list[LedgerNote]] = defaultdict(list)
    for note in notes:
        if not note.withdraws:
            by_record[note.content.rid].append(note)
    for rid, entered in by_record.items():
        memory.set_fact(_entered(db, rid), with_notes("", entered))


def histories_here(
    memory: Bases, db: int, histories: Mapping[Rid, RecordHistory]
) -> Mapping[Rid, RecordHistory]:
    """The histories as this workspace knows them: with its last notes, and with the withdrawn ones hidden."""
    found = dict(histories)
    for rid, history in histories.items():
        if history.notes:
            hidden = notes_in(withdrawn_notes(memory, db, rid), history.notes)
            notes = [note for note in history.notes if note not in hidden]
            own = notes_in(memory.fact(_entered(db, rid)), notes)
            found[rid] = RecordHistory(history.kind, history.versions, notes, hidden=hidden, own=own)
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


def _entered(db: int, rid: Rid) -> str:
    return f"entered:{db}:{rid}"


def _name(db: int, rid: Rid) -> str:
    return f"withdrawn:{db}:{rid}"
