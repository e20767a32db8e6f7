"""Malformed answers of a server: turning parse errors into a message for people."""

import struct
from traceback import walk_tb

from studio_sync.errors import UnavailableError

MISREAD = (ValueError, TypeError, LookupError, AttributeError, struct.error)
"""Exceptions that a malformed answer causes; `explain_misread` tells them from bugs."""


_READERS = ("studio_sync.database.", "studio_sync.sync.doctor.database_exam")
"""The modules that parse answers."""


def explain_misread(error: Exception, label: str) -> UnavailableError | None:
    """The error in plain words, if it arose in parsing a server's answer; None for any other."""
    where = ""
    for frame, line in walk_tb(error.__traceback__):
        module = str(frame.f_globals.get("__name__", ""))
        if module.startswith("studio_sync."):
            where = f"{module.removeprefix('studio_sync.')}:{line}" if module.startswith(_READERS) else ""
    if not where:
        return None
    return nonsense(f"{type(error).__name__} in {where}", label)


def nonsense(what: str, label: str) -> UnavailableError:
    """The error for a malformed answer; `what` tells maintainers where it arose."""
    return UnavailableError(
        f"{label}: an answer that PostgreSQL doesn't give ({what})",
        "is it a PostgreSQL server, and does nothing between change its answers?",
    )
