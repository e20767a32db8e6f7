"""File systems whose folder times reliably change with the folder's entries."""

import os
import re
from pathlib import Path

_MOUNTS = Path("/proc/self/mountinfo")
_SURE = frozenset(("bcachefs", "btrfs", "ext2", "ext3", "ext4", "f2fs", "overlay", "tmpfs", "xfs", "zfs"))
_OCTAL = re.compile(rb"\\([0-7]{3})")


def keeps_times(folder: Path) -> bool:
    """Whether a folder's mtime or ctime surely changes when a name in it is added, removed or replaced.

    False if that is unknown: for network and user-space file systems, and for systems other than Linux.
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
