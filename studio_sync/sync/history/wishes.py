"""What somebody wanted a file to say: it is to push, though git may have the same of it."""

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from studio_sync.sync.studio import Studio


def wish(studio: "Studio", paths: Iterable[str]) -> None:
    """Remember that these files, as they are now, are what somebody wanted. Paths are inside the tree."""
    studio.documents.refresh()
    memory, now = studio.memory, time.time_ns()
    with memory.changing():
        for path in paths:
            entry = memory.file(path)
            if entry is not None and entry.digests:
                memory.set_wish(path, entry.digests, now)
