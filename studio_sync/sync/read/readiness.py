"""Readiness: content that readers would see broken blocks a step forward in status."""

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from posixpath import dirname
from shlex import quote
from typing import TYPE_CHECKING

from studio_sync.core.checks.weights import has_begun
from studio_sync.core.plan.reconcile import Standing
from studio_sync.core.status.transition import Transition, status_of
from studio_sync.core.values.kind import STATUS, Kind, Kinds
from studio_sync.core.values.problem import Problem, Severity
from studio_sync.core.values.record import Rid
from studio_sync.files.memory.entries import FileEntry
from studio_sync.files.memory.memory import Memory
from studio_sync.files.workspace.workspace import Workspace
from studio_sync.sync.compare.comparison import Comparison

if TYPE_CHECKING:
    from studio_sync.files.tree.finding_places import Checker

UNTRANSLATED = "untranslated"


class Readiness:
    """Judges files of one workspace by the findings of content checks, from its memory."""

    def __init__(self, workspace: Workspace, memory: Memory, kinds: Kinds, checker: "Checker") -> None:
        self._workspace, self._memory, self._kinds, self._checker = workspace, memory, kinds, checker
        self._advice = workspace.advice

    @cached_property
    def _copies(self) -> dict[str, Problem]:
        found = untranslated(self._workspace, self._memory, self._kinds, self._checker)
        return {problem.path: problem for problem in found}

    def broken(self, entry: FileEntry) -> list[Problem]:
        """Findings in a file that readers would see as broken."""
        found = [p for p in entry.problems if self._advice.holds(p)]
        copy = self._copies.get(self._workspace.prefix + entry.path)
        return [*found, copy] if copy and self._advice.holds(copy) else found

    def against(self, entry: FileEntry, kind: Kind, after: str) -> Iterator[Problem]:
        """What keeps a file's record from a step to the status `after`: in itself, and below it."""
        for problem in self.broken(entry):
            yield replace(problem, severity=Severity.ERROR)
        wanted = {name for need in self._workspace.rules.needs(kind, after) for name in need.of}
        if not wanted:
            return
        for child in self._memory.files_where("parent = ? AND kind <> ''", entry.path):
            found = self.broken(child) if child.kind in wanted else []
            if found:
                first = min(found)
                more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
                inner = first.path.removeprefix(f"{dirname(self._workspace.prefix + entry.path)}/")
                place = f"{inner}:{first.line}" if first.line else inner
                way = f"`studio validate {quote(dirname(first.path))}` lists all"
                yield Problem(
                    self._workspace.prefix + entry.path, 0, 0, "not-ready",
                    f"not ready to be {after}: {place}: {first.message}{more}",
                    f"{first.hint}; {way}" if first.hint else way,
                )  # fmt: skip

    def unready_steps(self, out: Comparison) -> dict[Rid, list[Problem]]:
        """Findings that readers would see, by record whose status a push would move forward."""
        blocked: dict[Rid, list[Problem]] = {}
        for delta in out.deltas:
            ahead, entry = delta.having(Standing.AHEAD), out.entries.get(delta.rid)
            if entry is None or delta.remote is None or STATUS not in ahead:
                continue
            transition = Transition(delta.kind, delta.rid, delta.remote, delta.local, ahead)
            if transition.steps > 0 and transition.becomes:
                known = out.blocked.get(delta.rid, [])
                places = {(p.path, p.line, p.column, p.code) for p in known}
                found = [
                    p
                    for p in self.against(entry, delta.kind, transition.becomes)
                    if (p.path, p.line, p.column, p.code) not in places
                ]
                if found:
                    blocked[delta.rid] = found
        return blocked


def untranslated(workspace: Workspace, memory: Memory, kinds: Kinds, checker: "Checker") -> Iterator[Problem]:
    """Translations identical to their sources, word for word; empty in a workspace without translations."""
    if workspace.advice.weight(UNTRANSLATED) is None or not workspace.sources.exists():
        return
    from studio_sync.sync.authoring.translation import Translations

    for copy, source, language in Translations(workspace, kinds, memory).untouched(checker):
        path = workspace.prefix + copy.path
        status = status_of(kinds[copy.kind], copy.version)
        weight = workspace.advice.weight(UNTRANSLATED, begun=has_begun(kinds[copy.kind], status))
        if weight is not None:
            message = f"this is word for word the same as {workspace.prefix}{source.path}"
            hint = f"translate it ({language}); `checks: {{{UNTRANSLATED}: off}}` in studio.yaml lets it be"
            yield Problem(path, 0, 0, UNTRANSLATED, message, hint, weight)
