"""The last pushes of this workspace: what they replaced, and those that may or may not have arrived."""

import json
from collections.abc import Collection, Sequence
from typing import Any

from studio_sync.core.values.record import Rid, Version
from studio_sync.files.memory.memory import Memory

_PUSHES = 5
"""How many pushes of one record are remembered, and how many without an answer."""


def note_replaced(memory: Memory, db: int, replaced: Collection[tuple[int, Version]]) -> None:
    """Save which versions a push replaced, each with the number of the version that it entered."""
    for number, version in replaced:
        name = f"pushed:{db}:{version.rid}"
        entry = [number, version.kind, version.parent, version.slot, version.digests.hex()]
        memory.set_fact(name, json.dumps([*_list(memory, name), entry][-_PUSHES:]))


def replaced_since(memory: Memory, db: int, rid: Rid, number: int = -1) -> Sequence[Version]:
    """The versions of a record that this workspace's last pushes replaced, by some newer than that number."""
    return [
        Version(rid, kind, parent, slot, bytes.fromhex(digests))
        for entered, kind, parent, slot, digests in _list(memory, f"pushed:{db}:{rid}")
        if entered > number
    ]


def note_unanswered(memory: Memory, db: int, runs: Collection[str]) -> None:
    """Save that nobody knows whether these pushes arrived."""
    name = f"unanswered:{db}"
    memory.set_fact(name, json.dumps([*_list(memory, name), *runs][-_PUSHES:]))


def unanswered(memory: Memory, db: int) -> Sequence[str]:
    """The pushes of which nobody knew whether they arrived."""
    return [str(run) for run in _list(memory, f"unanswered:{db}")]


def forget_unanswered(memory: Memory, db: int) -> None:
    """Save that it was said which of them arrived."""
    if unanswered(memory, db):
        memory.set_fact(f"unanswered:{db}", "")


def _list(memory: Memory, name: str) -> list[Any]:
    found = json.loads(memory.fact(name) or "[]")
    return found if isinstance(found, list) else []
