"""File system events (inotify and others), as batches of settled paths."""

import logging
import os
import threading
import time
import warnings
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue  # noqa: TID251 (put is safe in a signal handler)
from typing import TYPE_CHECKING, Self

from studio_sync.files.tree.ignore.ignoring import IGNORE_FILE
from studio_sync.files.tree.walking.listing import SUFFIXES
from studio_sync.files.tree.watching.settling import Batch, PathChange, Settling

if TYPE_CHECKING:
    from watchdog.events import FileSystemEvent, FileSystemEventHandler
    from watchdog.observers.api import BaseObserver

POLL_SECONDS = 2.0
"""Seconds between two rescans, if the system can't report changes."""

_LIMIT = Path("/proc/sys/fs/inotify/max_user_watches")


class Watcher:
    """Watches a content folder, and the git folder beside it. Use it as a context manager.

    `fault` is the reason why the system can't report changes, "" if it can; otherwise everything is scanned
    every POLL_SECONDS.
    """

    def __init__(
        self, content: Path, git: Path | None = None, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`git` is the git folder of the working tree, None for none."""
        self._git, self._clock = git, clock
        self._root = os.fspath(content)
        self._lock = threading.Lock()
        self._settling = Settling(closes=_tells_closes())
        self._wake: SimpleQueue[None] = SimpleQueue()
        self._woken = self._called = False
        self._observer: BaseObserver | None = None
        self._inode = 0
        self._overflow = _Overflow(self._lose)
        self.stopped = False
        self.fault = ""

    def __enter__(self) -> Self:
        logging.getLogger("watchdog").addHandler(self._overflow)
        self._start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end()
        logging.getLogger("watchdog").removeHandler(self._overflow)

    def stop(self) -> None:
        """Make `wait` return, now and from then on. Safe to call in a signal handler."""
        self.stopped = True
        self._wake.put(None)

    def call(self) -> None:
        """Let `wait` return once, even without a batch. Any thread may call it."""
        self._called = True
        self._wake.put(None)

    def wait(self, seconds: float) -> Batch | None:
        """The next settled batch; None after this many seconds, when called or stopped."""
        until = self._clock() + seconds
        while not self.stopped:
            now = self._clock()
            self._mend()
            with self._lock:
                batch = self._settling.take(now, self._hollow)
                due = self._settling.due()
            if batch is not None:
                return batch
            if self._called:
                self._called = False
                return None
            if now >= until:
                return Batch(lost=True) if self.fault else None
            longest = min(until, now + POLL_SECONDS if self.fault else until)
            with suppress(Empty):  # a signal handler that returns has called `stop`, which puts something
                self._wake.get(timeout=max(0.001, min(longest, due or longest) - now))
            self._woken = False
            if self.fault and self._clock() >= longest:
                return Batch(lost=True)
        return None

    def expects(self, paths: Iterable[str]) -> bool:
        """Whether each of these is being written right now, so that its content may be incomplete."""
        with self._lock:
            return all(map(self._settling.expects, paths))

    # --- the system

    def _start(self) -> None:
        from watchdog import events
        from watchdog.observers import Observer

        self._inode = _inode(self._root)
        # It warns about nested folders, which has no consequence here.
        warnings.filterwarnings("ignore", "Callback with id", RuntimeWarning)
        event_types: list[type[FileSystemEvent]] = [
            events.FileCreatedEvent, events.FileModifiedEvent, events.FileClosedEvent,
            events.FileMovedEvent, events.FileDeletedEvent,
            events.DirCreatedEvent, events.DirMovedEvent, events.DirDeletedEvent,
        ]  # fmt: skip
        observer = Observer()
        try:
            self.fault = "" if self._inode else f"there is no folder {self._root}"
            if self._inode:
                _check_limit(self._root)
                observer.schedule(_handler(self._saw), self._root, recursive=True, event_filter=event_types)
                if self._git is not None:
                    observer.schedule(_handler(self._saw_git), os.fspath(self._git), event_filter=event_types)
                observer.start()
                self._observer = observer
        except OSError as error:
            self.fault = f"the system can't tell what changes: {error.strerror or error}"
            with suppress(RuntimeError):
                observer.stop()

    def _end(self) -> None:
        observer, self._observer = self._observer, None
        if observer is not None:
            observer.stop()
            observer.join(timeout=5)

    def _mend(self) -> None:
        """Restart if the content folder was removed or replaced, or a thread died."""
        observer = self._observer
        ended = observer is not None and not all(t.is_alive() for t in (observer, *observer.emitters))
        if ended or _inode(self._root) != self._inode:
            self._end()
            self._start()
            self._lose()

    # --- events, in other threads

    def _saw(self, event: "FileSystemEvent") -> None:
        now = self._clock()
        paths = [p for raw in (event.src_path, event.dest_path) if (p := self._inner(raw)) is not None]
        with self._lock:
            for path in paths:
                if event.is_directory:
                    self._settling.note(PathChange.FOLDER, path, now)
                elif path.rpartition("/")[2] == IGNORE_FILE:
                    self._settling.lose(now)
                elif _is_record(path):
                    self._settling.note(_seen(event.event_type, path, paths), path, now)
        self._tell()

    def _saw_git(self, _: "FileSystemEvent") -> None:
        with self._lock:
            self._settling.note_git(self._clock())
        self._tell()

    def _lose(self) -> None:
        with self._lock:
            self._settling.lose(self._clock())
        self._tell()

    def _tell(self) -> None:
        if not self._woken:
            self._woken = True
            self._wake.put(None)

    def _inner(self, raw: str | bytes) -> str | None:
        """A path relative to the content folder; None if hidden or outside."""
        place = os.fsdecode(raw)
        if not place.startswith(self._root + os.sep):
            return None
        path = place[len(self._root) + 1 :].replace(os.sep, "/")
        hidden = any(part.startswith(".") for part in path.split("/")[:-1])
        name = path.rpartition("/")[2]
        return None if hidden or (name.startswith(".") and name != IGNORE_FILE) else path

    def _hollow(self, path: str) -> bool:
        try:
            return os.stat(f"{self._root}/{path}").st_size == 0
        except OSError:
            return False


def _handler(on_event: "Callable[[FileSystemEvent], None]") -> "FileSystemEventHandler":
    """The handler for an observer, which calls it in its own thread for the events subscribed to."""
    from watchdog.events import FileSystemEventHandler

    class Handler(FileSystemEventHandler):
        def dispatch(self, event: "FileSystemEvent") -> None:
            on_event(event)

    return Handler()


def _is_record(path: str) -> bool:
    return path.lower().endswith(SUFFIXES)


def _seen(what: str, path: str, paths: list[str]) -> PathChange:
    """The change that an event means for one of its paths: its source, or its target."""
    if what == "moved" and path == paths[0] and not all(map(_is_record, paths)):
        return PathChange.GONE  # its new name is a backup's, which is ignored
    return {
        "created": PathChange.NEW, "deleted": PathChange.GONE,
        "closed": PathChange.CLOSED, "moved": PathChange.CLOSED,
    }.get(what, PathChange.WRITTEN)  # fmt: skip


class _Overflow(logging.Handler):
    """Catches watchdog's log message about an overflow of the system's event queue."""

    def __init__(self, lost: Callable[[], None]) -> None:
        super().__init__(logging.WARNING)
        self._lost = lost

    def emit(self, record: logging.LogRecord) -> None:
        if "overflow" in record.getMessage().lower():
            self._lost()


def _tells_closes() -> bool:
    """Whether this system reports the close of a written file, as inotify does."""
    from watchdog.observers import Observer

    return "inotify" in Observer.__module__


def _inode(place: str) -> int:
    try:
        return os.stat(place).st_ino
    except OSError:
        return 0


def _check_limit(root: str) -> None:
    """Raise OSError if the system can't watch so many folders: it would omit some silently."""
    try:
        limit = int(_LIMIT.read_text())
    except (OSError, ValueError):
        return
    folders = sum(len(below) for _, below, _ in os.walk(root)) + 1
    if folders > limit:
        raise OSError(0, f"it watches at most {limit:,} folders (fs.inotify.max_user_watches)")
