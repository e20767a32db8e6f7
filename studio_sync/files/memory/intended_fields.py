"""What a command wrote into a file because somebody asked for it: nobody takes it for an old state again.

It counts as long as that was the last time the file was written, told by its inode and its mtime.
"""

import json
from collections.abc import Iterable

from studio_sync.files.memory.memory import Memory
from studio_sync.files.tree.disk.plain_file import Stat


def note_intended(memory: Memory, path: str, stat: Stat, fields: Iterable[str]) -> None:
    """Note that the file at `path`, which is now as `stat` says, got these fields by a command."""
    _, mtime, _, inode = stat
    memory.set_fact(f"wish:{path}", json.dumps([mtime, inode, sorted(fields)]))


def intended_fields(memory: Memory, path: str, stat: Stat) -> frozenset[str]:
    """The fields that a command was the last to write into the file at `path`, which is as `stat` says."""
    _, mtime, _, inode = stat
    found = json.loads(memory.fact(f"wish:{path}") or "null")
    if not isinstance(found, list) or found[:2] != [mtime, inode]:
        return frozenset()
    return frozenset(map(str, found[2]))
