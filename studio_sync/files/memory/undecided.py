"""The fields that a push or pull called undecided: git may have restored them, or a person typed them."""

import json
from collections.abc import Collection
from dataclasses import dataclass

from studio_sync.core.values.record import Rid
from studio_sync.files.memory.bases import Bases


@dataclass(frozen=True, slots=True)
class NotedFields:
    """The fields noted so, and when, in nanoseconds."""

    fields: frozenset[str] = frozenset()
    noted_at: int = 0


def note_undecided(memory: Bases, db: int, rid: Rid, at: int, fields: Collection[str], noted_at: int) -> None:
    """Save that nobody can tell who wrote these fields; `at`: when the record's base was found."""
    known = noted_undecided(memory, db, rid, at).fields
    memory.set_fact(_name(db, rid), json.dumps([at, sorted({*fields, *known}), noted_at]))


def noted_undecided(memory: Bases, db: int, rid: Rid, at: int) -> NotedFields:
    """The fields noted so; none once a newer base was found, as after a decision."""
    found, fields, *noted_at = json.loads(memory.fact(_name(db, rid)) or "[0, []]")
    return NotedFields(frozenset(fields), *noted_at) if found == at else NotedFields()


def _name(db: int, rid: Rid) -> str:
    return f"undecided:{db}:{rid}"
