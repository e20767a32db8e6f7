"""Pulling during `watch`: remote changes are written into files that nobody edits."""

import time
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from posixpath import dirname

from studio_sync.core.plan.reconcile import UNREAD, Delta, Standing
from studio_sync.core.values.problem import Problem
from studio_sync.core.values.record import Rid, Version
from studio_sync.database.values.ledger_past import Author
from studio_sync.errors import RefusedError, StudioError
from studio_sync.files.memory.entries import FileEntry
from studio_sync.files.tree.watching.open_files import held_below, held_open
from studio_sync.files.workspace.workspace import Workspace
from studio_sync.sync import findings
from studio_sync.sync.compare.conflicts.row_authors import row_authors
from studio_sync.sync.connection import DatabaseSource, connected
from studio_sync.sync.options import PullOptions
from studio_sync.sync.outcome import Outcome
from studio_sync.sync.pull.pull import pull
from studio_sync.sync.read.scope import in_scope
from studio_sync.sync.studio import Studio
from studio_sync.sync.watch.news import PrintedNews, version_mark
from studio_sync.sync.watch.watch_events import Happening, WatchEvent

Edited = Callable[[str], bool]
"""Whether a file was saved and its edits are not pushed yet."""


@dataclass(frozen=True, slots=True)
class Brought:
    """The result of a pull during `watch`. `left` has for each record left out why its file is held.

    `entries` are the written files, as they are now. `refusal` is why files were not deleted.
    """

    found: Outcome
    deltas: tuple[Delta, ...]
    entries: tuple[FileEntry, ...]
    problems: tuple[Problem, ...]
    left: Mapping[Rid, str]
    seconds: float
    refusal: RefusedError | None = None


class WatchPull:
    """Pulls what only the database changed; records that meet an edit are reported, and left."""

    def __init__(
        self, workspace: Workspace, source: Callable[[], DatabaseSource], scope: tuple[str, ...]
    ) -> None:
        self.workspace, self.source, self.scope = workspace, source, scope
        self._set_apart: dict[Rid, bytes] = {}
        """The rows' versions, by record, whose files git has restored: they wait for a pull or a change."""
        self._printed, self._refusal = PrintedNews(), ""

    def set_apart(self, found: Outcome) -> None:
        """Don't pull what is pending now: git has written files, and they may be intended."""
        behind = (d for d in found.comparison.deltas if d.standing is Standing.BEHIND)
        self._set_apart = {d.rid: version_mark(d.remote) for d in behind}

    def bring(self, studio: Studio, edited: Edited, *, all_of_it: bool) -> Brought:
        """Write what only the database changed into files. Raises StudioError if it can't be reached.

        Without `all_of_it` not every file was surveyed: one that was saved a moment ago must not be written.
        """
        left: dict[Rid, str] = {}

        def takes(delta: Delta, path: str) -> bool:
            if (
                not _is_only_behind(delta)
                or edited(path)
                or self._set_apart.get(delta.rid) == version_mark(delta.remote)
            ):
                return False
            if why := self._held(delta, path):
                left[delta.rid] = why
            return not why

        begun, refusal = time.monotonic(), None
        try:
            found = pull(studio, self.source(), self.scope, PullOptions(takes=takes))
        except RefusedError as error:  # so many deletions need a person's confirmation
            refusal, kept = error, PullOptions(takes=lambda d, p: d.remote is not None and takes(d, p))
            found = pull(studio, self.source(), self.scope, kept)
        done = {change.rid for change in found.done}
        known = {d.rid for d in found.comparison.deltas}
        self._set_apart = {rid: message for rid, message in self._set_apart.items() if rid in known - done}
        paths = {change.path for change in found.done}
        return Brought(
            found, tuple(d for d in found.comparison.deltas if d.rid in done),
            tuple(filter(None, map(studio.memory.file, paths))),
            tuple(findings.refused(found, self.workspace.prefix)) if all_of_it else (), left,
            time.monotonic() - begun, refusal,
        )  # fmt: skip

    def events(self, brought: Brought) -> Iterator[WatchEvent]:
        """The report for people; each failure is reported once."""
        if brought.deltas:
            yield WatchEvent(
                Happening.PULLED, found=brought.found, deltas=brought.deltas, seconds=brought.seconds,
                paths=tuple(sorted(change.path for change in brought.found.done)),
                authors=authors_of(self.source(), brought.deltas),
            )  # fmt: skip
        news = self._printed.new_problems(brought.problems, (), self.workspace.prefix)
        if news:
            yield WatchEvent(Happening.REFUSED, found=brought.found, problems=tuple(news))
        refusal, before = brought.refusal, self._refusal
        self._refusal = refusal.message if refusal else ""
        if refusal and refusal.message != before:
            yield WatchEvent(Happening.WAITING, refusal.message, refusal.hint)

    def _held(self, delta: Delta, path: str) -> str:
        """Why a file, or one in a folder to be renamed, may have unsaved edits."""
        content, state = self.workspace.content, self.workspace.state
        moves = bool(delta.local and delta.remote and _place(delta.local) != _place(delta.remote))
        return held_below(state, content, dirname(path)) if moves else held_open(state, content, path)


def authors_of(source: DatabaseSource, deltas: Collection[Delta]) -> Mapping[Rid, Author]:
    """The authors of these rows' current versions, as far as the ledger knows."""
    if not deltas:
        return {}
    try:
        with connected(source) as store:
            return row_authors(store.past(), deltas, UNREAD) if store.ledger().readable else {}
    except StudioError:
        return {}  # it was reachable a moment ago; the change is reported in any case


def edited_paths(paths: Collection[str]) -> Edited:
    """A function that tells whether a path is one of these, or below one."""
    scope = tuple(paths)
    return lambda path: bool(scope) and in_scope(path, scope)


def _is_only_behind(delta: Delta) -> bool:
    """Whether nothing of a record is new except the database's changes."""
    others = (Standing.AHEAD, Standing.DIVERGED, Standing.CONFLICT)
    return delta.standing is Standing.BEHIND and not delta.undecided and not any(map(delta.having, others))


def _place(version: Version) -> tuple[str, str]:
    return version.parent, version.slot
