"""Which file systems can be taken at their word that a folder's times change with what stands in it."""

import os
import re
from pathlib import Path

_MOUNTS = Path("/proc/self/mountinfo")
_SURE = frozenset(("bcachefs", "btrfs", "ext2", "ext3", "ext4", "f2fs", "overlay", "tmpfs", "xfs", "zfs"))
_OCTAL = re.compile(rb"\\([0-7]{3})")


def keeps_times(folder: Path) -> bool:
    """Whether a folder's mtime or ctime surely changes whenever a name in it comes, goes or is replaced.

    False where that isn't known: of file systems behind a network or a program, and of other systems than
    Linux.
    """
    try:
        mounts = _MOUNTS.read_bytes().split(b"\n")[:-1]
    except OSError:
        return False
    place = os.fsencode(os.path.realpath(folder))
    deepest, found = b"", ""
    for line in mounts:
        mount, _, system = line.partition(b" - ")
        point = _OCTAL.sub(lambda m: bytes((int(m[1], 8),)), mount.split(b" ")[4]).rstrip(b"/")
        if len(point) >= len(deepest) and (place == point or place.startswith(point + b"/")):
            deepest, found = point, system.split(b" ", 1)[0].decode("ascii", "replace")
    return found in _SURE
