"""Intended fields of a file: those that a command wrote on request, so they are never an old state.

They count while that was the file's last write, which inode and mtime prove.
"""

import json
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from studio_sync.files.memory.entries import FileEntry
from studio_sync.files.memory.memory import Memory
from studio_sync.files.tree.disk.plain_file import Stat
from studio_sync.files.tree.walking.listing import NO_STAT, stat_of


def note_intended(memory: Memory, path: str, stat: Stat, fields: Iterable[str]) -> None:
    """Save that a command wrote these fields into the file at `path`, whose stat is now `stat`."""
    note_as_before(memory, path, stat, fields, stat[1])


def note_rewritten(memory: Memory, path: str, old: Stat, new: Stat) -> None:
    """Save that a command wrote something that is no field: it doesn't count as the file's last write."""
    note_as_before(memory, path, new, intended_fields(memory, path, old), last_written(memory, path, old))


def note_as_before(memory: Memory, path: str, stat: Stat, fields: Iterable[str], written: int) -> None:
    """Save that the file at `path`, whose stat is now `stat`, is again as it was written at that time."""
    _, mtime, _, inode = stat
    memory.set_fact(f"wish:{path}", json.dumps([mtime, inode, sorted(fields), written]))


def intended_fields(memory: Memory, path: str, stat: Stat) -> frozenset[str]:
    """The fields that a command wrote last into the file at `path`, if its stat is still `stat`."""
    found = _found(memory, path, stat)
    return frozenset(map(str, found[2])) if found else frozenset()


def last_written(memory: Memory, path: str, stat: Stat) -> int:
    """When the file at `path` was written last otherwise than by `note_rewritten`, in nanoseconds."""
    found = _found(memory, path, stat)
    return int(found[3]) if len(found) > _WRITTEN else stat[1]


def stat_when_read(content: Path, entry: FileEntry) -> Stat:
    """The stat of an entry's file; that of now if the file was so new when it was read that none was kept."""
    if entry.stat == NO_STAT:
        with suppress(OSError):
            return stat_of(content / entry.path)
    return entry.stat


_WRITTEN = 3
"""Where a note has that time; older notes lack it."""


def _found(memory: Memory, path: str, stat: Stat) -> list[Any]:
    """The note about a file, empty if it was written since."""
    _, mtime, _, inode = stat
    found = json.loads(memory.fact(f"wish:{path}") or "null")
    return found if isinstance(found, list) and found[:2] == [mtime, inode] else []
