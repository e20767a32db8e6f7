"""Where tests put what they throw away: in memory, where a system has room for it there."""

import os
import shutil
from contextlib import suppress

_IN_MEMORY = "/dev/shm"


def folder_in_memory(room: int) -> str | None:
    """A folder on a file system in memory with so many free bytes; None where there is none.

    Files there take half of a disk's time. One from which no program may be started won't do.
    """
    with suppress(OSError, AttributeError):
        if shutil.disk_usage(_IN_MEMORY).free > room and not os.statvfs(_IN_MEMORY).f_flag & os.ST_NOEXEC:
            return _IN_MEMORY
    return None
