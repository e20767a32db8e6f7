"""The work of `watch`: push saved files, rescan everything, and report what is new."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType

from studio_sync.core.values.record import Rid
from studio_sync.errors import UnavailableError
from studio_sync.files.git.state import GitFolder, GitState
from studio_sync.files.tree.disk.plain_file import Stat
from studio_sync.files.tree.walking.listed_survey import ListedSurvey
from studio_sync.files.tree.walking.listing import stat_of
from studio_sync.files.workspace.workspace import Workspace
from studio_sync.sync import findings
from studio_sync.sync.connection import DatabaseSource
from studio_sync.sync.options import PushOptions
from studio_sync.sync.outcome import Outcome
from studio_sync.sync.push.push import push
from studio_sync.sync.read.scope import in_scope
from studio_sync.sync.stages import Stages
from studio_sync.sync.status import status
from studio_sync.sync.studio import Studio
from studio_sync.sync.watch.news import Contents, PrintedNews, to_push
from studio_sync.sync.watch.saved_problems import advice, faults_above
from studio_sync.sync.watch.watch_events import Happening, WatchEvent
from studio_sync.sync.watch.watch_pull import WatchPull, authors_of, edited_paths

_SLACK_NS = 1_000_000_000


class WatchWork:
    """The state and steps of watching one workspace. Between steps it holds no connection, lock or file."""

    def __init__(
        self,
        workspace: Workspace,
        source: Callable[[], DatabaseSource] | None,
        scope: tuple[str, ...],
        git: GitFolder | None,
        stages: Stages,
        *,
        clock: Callable[[], float] = time.monotonic,
        actor: str = "",
        pulls: WatchPull | None = None,
    ) -> None:
        """`source` returns the database, asked each time; without one, files are only validated.

        `actor` is the ledger's author. With `pulls` remote changes go into files that nobody edits.
        """
        self.workspace, self.scope, self.clock = workspace, scope, clock
        self._source_of, self.git, self._stages, self._actor = source, git, stages, actor
        self._source: DatabaseSource | None = None
        self._pulls, self._contents, self._printed = pulls, Contents(), PrintedNews()
        self._saved: set[str] = set()
        """Saved files that no push has taken yet; `_folders` are those that appeared or vanished."""
        self._folders: set[str] = set()
        self._fresh: set[str] = set()
        """Those of them that nothing was reported about yet."""
        self._unfinished: set[str] = set()
        """Paths that a push took and could not write; the next push tries them again."""
        self._pending: dict[str, bytes] = {}
        """What could be pushed at the last rescan, and was not saved since."""
        self._looked: int | None = None
        self.git_state = self.git_now()
        """The state of git's files when it was last acted on."""

    @property
    def waits(self) -> bool:
        """Whether something was saved that no push has taken yet."""
        return bool(self._saved or self._folders)

    def add(self, files: set[str], folders: set[str]) -> None:
        """Add saved files, and folders that appeared or vanished."""
        self._saved |= files
        self._folders |= folders
        self._fresh |= files | folders

    def set_apart(self, paths: set[str]) -> None:
        """Don't push these files, nor those that failed before: git may have written them."""
        self._saved -= paths
        self._folders -= paths
        self._unfinished.clear()
        for path in paths:
            self._contents.forget(path)

    def forget_source(self) -> None:
        """Ask for the database again next time: it may have to be started."""
        self._source = None

    def git_now(self) -> GitState:
        """The current state of git's files."""
        return self.git.state() if self.git else GitState()

    def _open(self, changed: Iterable[str] | None = None) -> Studio:
        """Open the workspace for one batch; it examines only the files `changed`, or everything if None."""
        if changed is None:
            return Studio(self.workspace, self._stages, actor=self._actor)
        background = ListedSurvey(self.workspace.content, frozenset(changed))
        studio = Studio(self.workspace, self._stages, background=background, actor=self._actor)
        background.memory = studio.memory
        return studio

    def send(self) -> Iterator[WatchEvent]:
        """Push the saved files, and those that failed before."""
        with self._open(None if self._folders else self._saved) as studio:
            self._saved = self._contents.news(self._saved, studio.reader, studio.memory)
            saved = frozenset(self._saved | self._folders)
            if not saved:
                return
            if self._source_of is None:
                yield from self._checked(studio, saved)
                self._given()
                return
            scope = tuple(sorted(saved | self._unfinished))
            try:
                begun = self.clock()
                found = push(studio, self._database(), scope, PushOptions(partial=True))
            except UnavailableError:
                yield from self._checked(studio, saved, waits=True)
                raise
            seconds = self.clock() - begun
            self._given()
            yield from self._tell(studio, found, saved, seconds)

    def _given(self) -> None:
        self._saved.clear()
        self._folders.clear()
        self._fresh.clear()

    def _tell(
        self, studio: Studio, found: Outcome, saved: frozenset[str], seconds: float
    ) -> Iterator[WatchEvent]:
        prefix = self.workspace.prefix
        refused = findings.refused(found, prefix)
        problems = [*refused, *findings.others(found, refused)]
        # That a file appeared and vanished again is not a typing error.
        problems = [p for p in problems if p.code != "nothing-here"]
        before, self._unfinished = self._unfinished, self._left(studio, found, saved)
        done = {change.path for change in found.done}
        for path in done:
            self._pending.pop(path, None)
        blocking = faults_above(studio, self._unfinished)
        problems += (p for p in blocking if p not in problems)
        problems += advice(studio, saved, problems)
        about = saved | {p.path.removeprefix(prefix) for p in blocking if saved & self._unfinished}
        news = self._printed.new_problems(problems, about, prefix)
        deltas = tuple(d for d in found.deltas if found.comparison.paths[d.rid] in done)
        if deltas:
            yield WatchEvent(
                Happening.PUSHED,
                found=found,
                deltas=deltas,
                problems=tuple(news),
                paths=tuple(sorted(saved)),
                seconds=seconds,
            )
        elif news:
            yield WatchEvent(Happening.REFUSED, found=found, problems=tuple(news), paths=tuple(sorted(saved)))
        elif before - self._unfinished:
            yield WatchEvent(Happening.AGREED, found=found, paths=tuple(sorted(before - self._unfinished)))
        apart = {p.path.removeprefix(prefix) for p in refused}
        yield from self._changed(found, self._database(), apart)

    def _left(self, studio: Studio, found: Outcome, saved: frozenset[str]) -> set[str]:
        """The paths that could not be pushed, of those saved and those left before; settles the others."""
        paths = found.comparison.paths
        stuck = {paths[r.delta.rid] for r in found.plan.refused} | {paths[d.rid] for d in found.plan.held}
        stuck |= {c.path for c, _ in found.failed}
        state = studio.documents.known()
        left: set[str] = set()
        for path in saved | self._unfinished:
            entry = studio.memory.file(path)
            if path in stuck or state.holds(path):
                left.add(path)
                self._contents.forget(path)
            elif entry is not None:
                self._contents.settle(entry)
        return left

    def _checked(self, studio: Studio, saved: frozenset[str], *, waits: bool = False) -> Iterator[WatchEvent]:
        """Validate the saved files. With `waits` they are pushed later, and only problems are reported."""
        problems = studio.documents.problems(tuple(saved))
        if not waits:
            for path in saved:
                entry = studio.memory.file(path)
                if entry is not None:
                    self._contents.settle(entry)
            yield WatchEvent(Happening.CHECKED, paths=tuple(sorted(saved)), problems=tuple(problems))
        else:
            fresh, self._fresh = self._fresh, set()
            news = self._printed.new_problems(problems, fresh, self.workspace.prefix)
            if news:
                yield WatchEvent(Happening.CHECKED, paths=tuple(sorted(fresh)), problems=tuple(news))

    # --- rescanning

    def heed(self) -> Iterator[WatchEvent]:
        """Handle a hint that rows have changed: pull them, or report them."""
        if self.waits:
            yield from self.send()
        if self._pulls:
            yield from self._bring(frozenset(self._saved | self._unfinished))
        else:
            yield from self.look()

    def _bring(self, changed: frozenset[str] | None) -> Iterator[WatchEvent]:
        """Pull remote changes, unless git is at work; `changed` limits the survey as in `_open`."""
        if self._pulls is None or (state := self.git_now()).at_work or self._stirred(state):
            return
        edited = edited_paths(self._saved | self._unfinished | self._folders)
        with self._open(changed) as studio:
            brought = self._pulls.bring(studio, edited, all_of_it=changed is None)
        for entry in brought.entries:
            self._contents.settle(entry)
        yield from self._pulls.events(brought)
        done = {change.path for change in brought.found.done}
        yield from self._changed(brought.found, self._pulls.source(), done, brought.left)

    def look(self, why: str = "", *, checked_out: bool = False) -> Iterator[WatchEvent]:
        """Compare everything: report remote changes and pending files; push saves without a file event.

        After git has `checked_out` files, nothing is pulled over them.
        """
        if self._pulls and checked_out:
            with self._open() as studio:
                self._pulls.set_apart(status(studio, self._pulls.source(), self.scope))
        yield from self._bring(None)
        if self._source_of is None:
            yield from self._looked_over()
            yield from self.send()
            return
        state = self.git_now()
        by_git = bool(why) or state.at_work or self._stirred(state)
        began = time.time_ns()
        with self._open() as studio:
            found = status(studio, self._database(), self.scope)
        by_git = by_git or self._stirred(self.git_now())
        sent = to_push(found, found.deltas)
        if self._looked is not None and not by_git:
            missed = {p for p, (d, mark) in sent.items() if self._is_missed(p, mark)}
            self._saved |= missed
        self._looked = began
        waiting = self._saved | self._unfinished | self._folders
        is_waiting = edited_paths(waiting)
        self._pending = {p: mark for p, (_, mark) in sent.items() if not is_waiting(p)}
        if (self._printed.new_pending(self._pending) and self._pending) or (why and state.under_way):
            deltas = tuple(sent[p][0] for p in sorted(self._pending))
            yield WatchEvent(Happening.PENDING, why, found=found, deltas=deltas)
        yield from self._changed(found, self._database(), ())
        if self._saved or self._folders:
            yield from self.send()

    def _is_missed(self, path: str, mark: bytes) -> bool:
        """Whether a file was saved since the last rescan without a file event."""
        if self._pending.get(path) == mark or path in self._unfinished or self._looked is None:
            return False
        try:
            stat: Stat = stat_of(self.workspace.content / path)
        except OSError:
            return False
        return max(stat[1], stat[2]) >= self._looked - _SLACK_NS

    def _looked_over(self) -> Iterator[WatchEvent]:
        with self._open() as studio:
            problems = studio.documents.problems(self.scope)
        if news := self._printed.new_problems(problems, (), self.workspace.prefix):
            yield WatchEvent(Happening.CHECKED, problems=tuple(news))

    def _changed(
        self,
        found: Outcome,
        source: DatabaseSource,
        apart: Iterable[str],
        left: Mapping[Rid, str] = MappingProxyType({}),
    ) -> Iterator[WatchEvent]:
        """Report remote changes and problems of the database, each once, and why a record was `left`."""
        out = found.comparison
        watched = [d for d in out.deltas if in_scope(out.paths[d.rid], self.scope)]
        deltas = self._printed.new_changes(found, watched, apart)
        problems = self._printed.new_of_database(found.problems)
        if deltas or problems:
            why = {out.paths[d.rid]: left[d.rid] for d in deltas if d.rid in left}
            said = "; ".join(f"{self.workspace.prefix}{path}: {why[path]}" for path in sorted(why))
            yield WatchEvent(
                Happening.CHANGED, said, "", found, deltas, problems, authors=authors_of(source, deltas)
            )

    def _database(self) -> DatabaseSource:
        if self._source is None and self._source_of is not None:
            self._source = self._source_of()
        if self._source is None:
            raise AssertionError
        return self._source

    def _stirred(self, state: GitState) -> bool:
        """Whether git may have written files since its state was last acted on."""
        return bool(state.under_way) or not state.same_files(self.git_state)
