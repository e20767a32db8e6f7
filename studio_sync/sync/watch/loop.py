"""The event loop of `watch`: batches saves into pushes, rescans, and retries with backoff."""

import random
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Protocol

from studio_sync.errors import StudioError, UnavailableError, system_failure
from studio_sync.files.tree.disk.plain_file import Stat
from studio_sync.files.tree.walking.listing import stat_of
from studio_sync.files.tree.watching.settling import Batch
from studio_sync.files.workspace.workspace import CONFIG
from studio_sync.sync.read.scope import in_scope
from studio_sync.sync.watch.git_writes import written_by_git
from studio_sync.sync.watch.watch_events import Happening, WatchEvent
from studio_sync.sync.watch.work import WatchWork

RESCAN_SECONDS = 30.0
"""Seconds between full rescans, which find remote changes, and saves without a file event."""
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 60.0
_GIT_PAUSE = 0.05
_GIT_PATIENCE = 2.0
"""Seconds to wait for a running git command before people are told."""


class Changes(Protocol):
    """A source of file changes in the content folder."""

    stopped: bool

    def wait(self, seconds: float) -> Batch | None:
        """The next settled batch; None after this many seconds, or when stopped."""

    def expects(self, paths: Iterable[str]) -> bool:
        """Whether each of these files is being written again right now."""


class Watch:
    """Watches one workspace. Between two batches it holds no connection, lock or open file."""

    def __init__(
        self,
        work: WatchWork,
        changes: Changes,
        *,
        chance: Callable[[], float] = random.random,
        saved: Batch | None = None,
        every: float = RESCAN_SECONDS,
    ) -> None:
        """`saved` is the batch that an earlier watch left. A rescan happens every `every` seconds."""
        self._work, self._changes, self._clock, self._chance = work, changes, work.clock, chance
        self._every, self._hinted, self._hint_at = every, threading.Event(), 0.0
        self._config = self._config_stat()
        self._look_at = 0.0
        self._failures, self._retry_at, self._failure = 0, 0.0, ""
        self.reload = False
        """Whether it ended because studio.yaml changed."""
        self.left: Batch | None = None
        """The batch saved at that moment, for the next watch to push."""
        if saved is not None:
            self._save(saved)

    def run(self) -> Iterator[WatchEvent]:
        """Yield events as they happen, until the changes stop or studio.yaml changes."""
        self._warm_up()
        first = list(self._attempt(self._look))
        yield WatchEvent(Happening.WATCHING)
        yield from first
        while not self._changes.stopped:
            batch = self._changes.wait(max(0.0, self._next() - self._clock()))
            if self._config_stat() != self._config:
                self.reload = True
                state = self._work.git_now()
                quiet = not (state.under_way or state.at_work) and state.same_files(self._work.git_state)
                self.left = batch if quiet else None
                return
            if batch is not None:
                yield from self._take(batch)
            elif not self._changes.stopped and self._is_hinted():
                yield from self._attempt(self._heed)
            elif not self._changes.stopped and self._clock() >= self._next():
                yield from self._attempt(self._catch_up if self._work.waits else self._look)
        yield WatchEvent(Happening.STOPPED)

    def _next(self) -> float:
        if self._failures:
            return self._retry_at
        return min(self._hint_at, self._look_at) if self._hinted.is_set() else self._look_at

    def hint(self) -> None:
        """Rescan soon, as rows have changed. Any thread may call it; it must wake `changes` afterwards."""
        self._hinted.set()

    def _is_hinted(self) -> bool:
        return self._hinted.is_set() and not self._failures and self._clock() >= self._hint_at

    def _heed(self) -> Iterator[WatchEvent]:
        """Handle hints, then pause for as long as that took, so that many hints are handled at once."""
        began = self._clock()
        self._hinted.clear()
        try:
            yield from self._work.heed()
        finally:
            self._hint_at = 2 * self._clock() - began

    def _warm_up(self) -> None:
        """Import modules in advance that the first push would otherwise wait for."""
        import studio_sync.files.tree.codec
        import studio_sync.files.tree.disk.file_writer
        import studio_sync.sync.compare.compare
        import studio_sync.sync.push.guarding
        import studio_sync.sync.push.push_plan  # noqa: F401
        from studio_sync.database.open_store import warm_up
        from studio_sync.files.git.repository import Repository

        warm_up()
        with suppress(StudioError):  # the first push will report it
            repository = Repository.around(self._work.workspace.content)
            if repository is not None:
                _ = repository.history

    # --- incoming changes

    def _take(self, batch: Batch) -> Iterator[WatchEvent]:
        waited = self._clock()
        reported = False
        while (state := self._work.git_now()).at_work and not self._changes.stopped:
            more = self._changes.wait(_GIT_PAUSE)
            batch = batch.with_(more) if more else batch
            if not reported and self._clock() - waited > _GIT_PATIENCE:
                reported = True
                yield WatchEvent(
                    Happening.WAITING,
                    "git is at work: nothing is pushed until it is done",
                    "if no git command runs, it left a lock behind: remove index.lock in the folder .git",
                )
        before, self._work.git_state = self._work.git_state, state
        moved = not state.same_files(before)
        files, folders = self._inside(batch.files), self._inside(batch.folders)
        paths = files | folders
        if state.under_way and (paths or batch.lost or state.under_way != before.under_way):
            yield from self._set_apart(paths, f"a {state.under_way} is under way", checked_out=True)
        elif batch.content and (moved or reported):
            git = None if reported or folders or batch.lost else self._work.git
            theirs = written_by_git(self._work.workspace.content, git, before, state, files) if git else paths
            if mine := paths - theirs:
                self._work.add(mine, set())
                yield from self._attempt(self._work.send)
            if theirs or not mine:
                yield from self._set_apart(theirs, "git has changed files", checked_out=True)
        elif batch.lost:
            yield from self._attempt(self._look)
        elif paths:
            self._save(batch)
            yield from self._attempt(self._work.send)
        elif before.head != state.head:
            yield from self._set_apart(paths, "HEAD has moved")

    def _inside(self, paths: Iterable[str]) -> set[str]:
        return {path for path in paths if in_scope(path, self._work.scope)}

    def _save(self, batch: Batch) -> None:
        self._work.add(self._inside(batch.files), self._inside(batch.folders))

    def _set_apart(self, paths: set[str], why: str, *, checked_out: bool = False) -> Iterator[WatchEvent]:
        """Don't push these files, nor those that waited: git may have written them. Show them as pending."""
        self._work.set_apart(paths)
        yield from self._attempt(lambda: self._look(why, checked_out=checked_out))

    # --- attempts

    def _attempt(self, work: Callable[[], Iterator[WatchEvent]]) -> Iterator[WatchEvent]:
        """Run `work`; on failure report once, and retry with exponential backoff and jitter."""
        try:
            for event in work():
                # A file that is being rewritten was truncated first; report on it once it is complete.
                unsure = event.happening is Happening.REFUSED and event.paths
                if not unsure or not self._changes.expects(event.paths):
                    yield event
        except (StudioError, OSError, sqlite3.Error) as error:
            self._failures += 1
            pause = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** (self._failures - 1))
            self._retry_at = self._clock() + pause * (0.75 + self._chance() / 2)
            self._work.forget_source()
            failure = system_failure(error) if isinstance(error, OSError) else error
            message, hint = str(error), ""
            if isinstance(failure, StudioError):
                message, hint = failure.message, failure.hint
            if message != self._failure:
                self._failure = message
                away = isinstance(error, UnavailableError)
                yield WatchEvent(Happening.AWAY if away else Happening.WAITING, message, hint)
        else:
            if self._failures:
                self._failures, self._failure = 0, ""
                yield WatchEvent(Happening.BACK)

    def _catch_up(self) -> Iterator[WatchEvent]:
        yield from self._work.send()
        if self._clock() >= self._look_at:
            yield from self._look()

    def _look(self, why: str = "", *, checked_out: bool = False) -> Iterator[WatchEvent]:
        self._look_at = self._clock() + self._every
        yield from self._work.look(why, checked_out=checked_out)

    # --- configuration

    def _config_stat(self) -> Stat | None:
        try:
            return stat_of(self._work.workspace.root / CONFIG)
        except OSError:
            return None
