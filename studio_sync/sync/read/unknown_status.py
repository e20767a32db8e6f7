"""Statuses that no kind lists: a warning if the database had them first, an error if typed."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from studio_sync.core.status.transition import field_digest
from studio_sync.core.values.kind import STATUS, Kinds
from studio_sync.core.values.problem import Problem, Severity
from studio_sync.core.values.record import Version
from studio_sync.files.memory.entries import FileEntry
from studio_sync.files.memory.memory import Memory
from studio_sync.files.tree.walking.listing import read_content
from studio_sync.files.workspace.workspace import Workspace

UNKNOWN_STATUS_CODE = "unknown-status"


class UnknownStatus:
    """Weighs the problems of a file with an unknown status, by what the memory knows of the database."""

    def __init__(self, workspace: Workspace, memory: Memory, kinds: Kinds) -> None:
        self._content, self._memory, self._kinds = workspace.content, memory, kinds

    def weighed(self, entry: FileEntry, problems: Iterable[Problem]) -> Iterator[Problem]:
        """The problems; an unknown status that was not pulled is an error, because a push refuses it."""
        for problem in problems:
            typed = problem.code == UNKNOWN_STATUS_CODE and problem.severity is Severity.WARNING
            yield replace(problem, severity=Severity.ERROR) if typed and self._typed(entry) else problem

    def _typed(self, entry: FileEntry) -> bool:
        if entry.digests is None:
            return False
        if not self._memory.any_bases():
            return not self._is_committed(entry)
        kind = self._kinds[entry.kind]
        known = [*self._memory.versions_at(entry.path, entry.kind)]
        known += self._memory.remembered(entry.id) if entry.id else []
        now = field_digest(kind, Version("", kind.name, "", "", entry.digests), STATUS)
        return not any(v.kind == kind.name and field_digest(kind, v, STATUS) == now for v in known)

    def _is_committed(self, entry: FileEntry) -> bool:
        """Whether the file equals HEAD in a clone that has not compared with its database yet."""
        from studio_sync.files.git.blobs import committed, is_blob

        blob = committed(self._content, entry.path).get(entry.path, "")
        try:
            return bool(blob) and is_blob(blob, read_content(self._content, entry.path))
        except OSError:
            return False
