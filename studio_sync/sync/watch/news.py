"""Deduplication for `watch`: contents already handled, and messages already printed."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from studio_sync.core.plan.reconcile import UNREAD, Delta
from studio_sync.core.values.problem import Problem
from studio_sync.core.values.record import Rid, Version
from studio_sync.files.memory.entries import FileEntry
from studio_sync.files.memory.memory import Memory
from studio_sync.files.tree.walking.listing import NO_STAT
from studio_sync.sync.outcome import Outcome
from studio_sync.sync.read.reader import Reader
from studio_sync.sync.read.scope import is_inside

_MOST = 2_000
"""How many files' contents are remembered; forgetting an older one only repeats harmless work."""

_DATABASE = "studio_sync"
"""The path of problems that are about the database as a whole."""


class Contents:
    """The contents handled last, so that studio's own writes, and saves without changes, are ignored.

    Contents are compared as records, never by modification time.
    """

    def __init__(self) -> None:
        self._known: dict[str, tuple[str | None, bytes]] = {}

    def news(self, paths: Iterable[str], reader: Reader, memory: Memory) -> set[str]:
        """Those of `paths` whose content may be new."""
        found = set()
        for path in paths:
            if not (reader.content / path).exists():
                if memory.file(path) is not None:
                    found.add(path)
                continue
            known = self._known.get(path)
            if known is None or _content(reader.read(path, NO_STAT)[0]) != known:
                found.add(path)
        return found

    def settle(self, entry: FileEntry) -> None:
        """Mark this file's content as handled."""
        content = _content(entry)
        self._known.pop(entry.path, None)
        if content is not None:
            self._known[entry.path] = content
        if len(self._known) > _MOST:
            del self._known[next(iter(self._known))]

    def forget(self, path: str) -> None:
        """Treat this file's next content as new."""
        self._known.pop(path, None)


def _content(entry: FileEntry) -> tuple[str | None, bytes] | None:
    return None if entry.digests is None else (entry.id, entry.digests)


class PrintedNews:
    """The messages already printed, so that nothing is repeated."""

    def __init__(self) -> None:
        self._problems: Mapping[str, set[Problem]] = {}
        self._pending: Mapping[str, bytes] = {}
        self._changed: dict[Rid, bytes] = {}
        self._of_database: frozenset[Problem] = frozenset()

    def new_problems(self, problems: Iterable[Problem], saved: Iterable[str], prefix: str) -> list[Problem]:
        """The problems of the paths in `saved`, and others that changed since they were printed."""
        by_path: dict[str, set[Problem]] = defaultdict(set)
        for problem in problems:
            if problem.path != _DATABASE:  # see new_of_database
                by_path[problem.path].add(problem)
        saved_paths = {prefix + path for path in saved}
        news: list[Problem] = []
        for path, found in by_path.items():
            if found != self._problems.get(path) or any(is_inside(p, [path]) for p in saved_paths):
                news += found
        self._problems = by_path
        return sorted(news)

    def new_of_database(self, problems: Iterable[Problem]) -> tuple[Problem, ...]:
        """The problems of the database as a whole, such as that it went back, which were not printed yet."""
        before, now = self._of_database, frozenset(p for p in problems if p.path == _DATABASE)
        self._of_database = now
        return tuple(sorted(now - before))

    def new_pending(self, pending: Mapping[str, bytes]) -> bool:
        """Whether other records are pending than last printed."""
        if pending == self._pending:
            return False
        self._pending = dict(pending)
        return True

    def new_changes(self, found: Outcome, deltas: Iterable[Delta], apart: Iterable[str]) -> tuple[Delta, ...]:
        """The records that others changed in the database since this was last printed.

        Those at the paths `apart` are reported in another way.
        """
        elsewhere = {d.rid: d for d in deltas if d.standing in UNREAD or any(map(d.having, UNREAD))}
        left_out = set(apart)
        new = []
        for rid, delta in elsewhere.items():
            version = delta.remote.digests if delta.remote else b""
            if self._changed.get(rid) != version and found.comparison.paths[rid] not in left_out:
                new.append(delta)
            self._changed[rid] = version
        for rid in self._changed.keys() - elsewhere.keys():
            del self._changed[rid]
        return tuple(new)


def to_push(found: Outcome, deltas: Iterable[Delta]) -> dict[str, tuple[Delta, bytes]]:
    """The records that a push would send, by path, each with a mark of its content."""
    sent = {}
    for delta in deltas:
        if delta.is_ahead:
            sent[found.comparison.paths[delta.rid]] = (delta, version_mark(delta.local))
    return sent


def version_mark(version: Version | None) -> bytes:
    """A mark of a record's content and place on one side."""
    return f"{version.parent}\n{version.slot}\n".encode() + version.digests if version else b""
