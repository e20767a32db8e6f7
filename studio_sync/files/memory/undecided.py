"""The fields that a push or pull called undecided: git may have restored them, or a person typed them."""

import json
from collections.abc import Collection

from studio_sync.core.values.record import Rid
from studio_sync.files.memory.bases import Bases


def note_undecided(memory: Bases, db: int, rid: Rid, at: int, fields: Collection[str]) -> None:
    """Save that nobody can tell who wrote these fields; `at`: when the record's base was found."""
    text = json.dumps([at, sorted({*fields, *noted_undecided(memory, db, rid, at)})])
    if text != memory.fact(_name(db, rid)):
        memory.set_fact(_name(db, rid), text)


def noted_undecided(memory: Bases, db: int, rid: Rid, at: int) -> frozenset[str]:
    """The fields noted so; none once a newer base was found, as after a decision."""
    found, fields = json.loads(memory.fact(_name(db, rid)) or "[0, []]")
    return frozenset(fields) if found == at else frozenset()


def _name(db: int, rid: Rid) -> str:
    return f"undecided:{db}:{rid}"
