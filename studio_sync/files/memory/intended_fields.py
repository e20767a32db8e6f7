"""Intended fields of a file: those that a command wrote on request, so they are never an old state.

They count while that was the file's last write, which inode and mtime prove.
"""

import json
from collections.abc import Iterable

from studio_sync.files.memory.memory import Memory
from studio_sync.files.tree.disk.plain_file import Stat


def note_intended(memory: Memory, path: str, stat: Stat, fields: Iterable[str]) -> None:
    """Save that a command wrote these fields into the file at `path`, whose stat is now `stat`."""
    _, mtime, _, inode = stat
    memory.set_fact(f"wish:{path}", json.dumps([mtime, inode, sorted(fields)]))


def intended_fields(memory: Memory, path: str, stat: Stat) -> frozenset[str]:
    """The fields that a command wrote last into the file at `path`, if its stat is still `stat`."""
    _, mtime, _, inode = stat
    found = json.loads(memory.fact(f"wish:{path}") or "null")
    if not isinstance(found, list) or found[:2] != [mtime, inode]:
        return frozenset()
    return frozenset(map(str, found[2]))
