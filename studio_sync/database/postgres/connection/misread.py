"""Answers of a server that have another form than the question asks for."""

import struct
from traceback import walk_tb

from studio_sync.errors import UnavailableError

MISREAD = (ValueError, TypeError, LookupError, AttributeError, struct.error)
"""What comes of an answer that has another form than the question: `explain_misread` tells it from a bug."""


_READERS = ("studio_sync.database.", "studio_sync.sync.doctor.database_exam")
"""The modules that take answers apart."""


def explain_misread(error: Exception, label: str) -> UnavailableError | None:
    """The failure in plain words, if it came of taking a server's answer apart; None for any other."""
    where = ""
    for frame, line in walk_tb(error.__traceback__):
        module = str(frame.f_globals.get("__name__", ""))
        if module.startswith("studio_sync."):
            where = f"{module.removeprefix('studio_sync.')}:{line}" if module.startswith(_READERS) else ""
    if not where:
        return None
    return nonsense(f"{type(error).__name__} in {where}", label)


def nonsense(what: str, label: str) -> UnavailableError:
    """The failure to make sense of an answer; `what` says to who looks after studio where that was."""
    return UnavailableError(
        f"{label}: an answer that PostgreSQL doesn't give ({what})",
        "is it a PostgreSQL server, and does nothing between change its answers?",
    )
