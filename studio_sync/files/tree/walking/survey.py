"""Background survey: which files may have changed since they were saved, found by other processes."""

import gc
import os
import pickle
import signal
import sqlite3
import sys
import threading
from contextlib import closing, suppress
from pathlib import Path

from studio_sync.files.memory.sqlite_file import check_plain
from studio_sync.files.tree.walking.listing import WHOLE_TREE, Known, Span, Survey
from studio_sync.files.tree.walking.walk import list_files

MEMORY = "memory.db"
_MANY_BYTES = 2_000_000
"""A memory of this size has a few thousand files, which justifies extra processes."""


def known_files(db: sqlite3.Connection, span: Span = WHOLE_TREE) -> Known:
    """The stamps in the memory of the files in `span`, and of their folders."""
    ends = (span.first, span.end or "\U0010ffff")
    files = db.execute("SELECT path, stamp FROM files WHERE path >= ? AND path < ?", ends)
    fingerprint = db.execute("SELECT value FROM facts WHERE name = 'folders'").fetchone()
    # The folders above the first path come before it. With OR, SQLite would sort all: a seventh of the time.
    above = ["", *(span.first[:at] for at, sign in enumerate(span.first) if sign == "/")]
    marks = ",".join("?" * len(above))
    first = f"SELECT path, stamp FROM folders WHERE path IN ({marks}) AND path < ? ORDER BY path"  # noqa: S608
    folders = dict(db.execute(first, (*above, span.first)))
    folders.update(
        db.execute("SELECT path, stamp FROM folders WHERE path >= ? AND path < ? ORDER BY path", ends)
    )
    return Known(dict(files), folders, fingerprint[0] if fingerprint else "")


def halves(db: sqlite3.Connection) -> tuple[Span, Span]:
    """Two spans with half of the memory's files each."""
    # Between the folders' halves, if they are known: five times fewer rows, and they come in the same order.
    for table in ("folders", "files"):
        middle = f"SELECT path FROM {table} ORDER BY path LIMIT 1 OFFSET (SELECT count(*) / 2 FROM {table})"  # noqa: S608
        if row := db.execute(middle).fetchone():
            break
    at = str(row[0]) if row else ""
    return Span(end=at), Span(first=at)


class BackgroundSurvey:
    """Background survey: two child processes make it while this one imports libraries and connects.

    The children are forks: create them before the memory is opened here, and while there is one thread.
    """

    def __init__(self, content: Path, state: Path) -> None:
        self._children: list[tuple[int, int]] = []
        place = state / MEMORY
        with suppress(OSError, sqlite3.Error):
            alone = sys.platform == "linux" and threading.active_count() == 1
            if alone and place.stat().st_size > _MANY_BYTES:
                with closing(sqlite3.connect(place)) as db:
                    check_plain(db)
                    spans = halves(db)
                for span in spans:
                    self._begin(content, place, span)

    def _begin(self, content: Path, place: Path, span: Span) -> None:
        pipe, into = os.pipe()
        child = os.fork()
        if child:
            os.close(into)
            self._children.append((child, pipe))
            return
        # If anything fails in the child, the parent finds an empty pipe and makes the survey itself.
        try:
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            gc.disable()
            with closing(sqlite3.connect(place)) as db:
                found = list_files(content, known_files(db, span), span)
            with os.fdopen(into, "wb") as out:
                pickle.dump(found, out, pickle.HIGHEST_PROTOCOL)
        finally:
            os._exit(0)

    def result(self) -> Survey | None:
        """The survey, once; None if there is none."""
        children, self._children = self._children, []
        parts = [_result_of(child, pipe) for child, pipe in children]
        found = [part for part in parts if part is not None]
        if not found or len(found) < len(parts):
            return None
        return Survey(
            {path: stat for part in found for path, stat in part.changed.items()},
            tuple(path for part in found for path in part.deleted),
            tuple(dict.fromkeys(fault for part in found for fault in part.faults)),
            {path: stamp for part in found for path, stamp in part.folders.items()},
            tuple(path for part in found for path in part.lost),
            fingerprint.pop() if len(fingerprint := {part.fingerprint for part in found}) == 1 else "",
        )

    def close(self) -> None:
        """Terminate children whose survey is not needed any more."""
        for child, _ in self._children:
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        self.result()


def _result_of(child: int, pipe: int) -> Survey | None:
    """A child's survey, None if it died or failed."""
    with os.fdopen(pipe, "rb") as made:
        data = made.read()
    os.waitpid(child, 0)
    try:
        found = pickle.loads(data)  # noqa: S301 - from our own child
    except (EOFError, pickle.UnpicklingError):
        return None
    return found if isinstance(found, Survey) else None
