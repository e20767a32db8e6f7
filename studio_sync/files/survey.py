"""Which files may have changed since they were remembered; found while other things are done."""

import gc
import os
import pickle
import signal
import sqlite3
import sys
import threading
from collections.abc import Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from studio_sync.files.tree import Fault, Stat, list_files

MEMORY = "memory.db"
_MANY_BYTES = 2_000_000
"""A memory of this size knows a few thousand files: worth a process of its own."""


@dataclass(frozen=True, slots=True)
class Survey:
    """What a walk over the content folder found to differ from what is remembered.

    `changed` are new files, too. `faults` are as in a Listing.
    """

    changed: Mapping[str, Stat]
    gone: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()


def survey(content: Path, stored: Mapping[str, int]) -> Survey:
    """Compare the content folder with the stamps that are `stored`."""
    listing = list_files(content, stored)
    gone: tuple[str, ...] = ()
    if listing.known(stored) != len(stored):
        there = list_files(content).files
        gone = tuple(p for p in stored if p not in there)
    return Survey(listing.files, gone, tuple(listing.faults))


def stored_stamps(db: sqlite3.Connection) -> dict[str, int]:
    """Path to stamp of every file that a memory holds."""
    return dict(db.execute("SELECT path, stamp FROM files").fetchall())


class Ahead:
    """A survey that a child process makes, while this one loads its libraries and connects.

    The child is a fork: it must be made before the memory is opened here, and while there is one thread.
    """

    def __init__(self, content: Path, state: Path) -> None:
        self._pid, self._pipe = 0, -1
        place = state / MEMORY
        with suppress(OSError):
            alone = sys.platform == "linux" and threading.active_count() == 1
            if alone and place.stat().st_size > _MANY_BYTES:
                self._begin(content, place)

    def _begin(self, content: Path, place: Path) -> None:
        self._pipe, into = os.pipe()
        self._pid = os.fork()
        if self._pid:
            os.close(into)
            return
        # Whatever goes wrong in the child, the parent finds an empty pipe and makes the survey itself.
        try:
            gc.disable()
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            with closing(sqlite3.connect(place)) as db:
                found = survey(content, stored_stamps(db))
            with os.fdopen(into, "wb") as out:
                pickle.dump(found, out, pickle.HIGHEST_PROTOCOL)
        finally:
            os._exit(0)

    def result(self) -> Survey | None:
        """The survey, once; None if there is none to be had."""
        if self._pipe < 0:
            return None
        with os.fdopen(self._pipe, "rb") as made:
            data = made.read()
        self._pipe = -1
        os.waitpid(self._pid, 0)
        try:
            found = pickle.loads(data)  # noqa: S301 - from our own child
        except (EOFError, pickle.UnpicklingError):
            return None
        return found if isinstance(found, Survey) else None

    def close(self) -> None:
        """Let go of a child whose survey nobody wants any more."""
        if self._pipe >= 0:
            with suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGKILL)
            self.result()
