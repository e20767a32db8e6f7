"""Trailer lines for the next commit, with the approvals that were recorded here."""

from collections.abc import Iterator
from dataclasses import dataclass

from studio_sync.core.plan.trailers import approve_line
from studio_sync.core.status.approval import words_digest
from studio_sync.core.status.transition import status_of
from studio_sync.core.values.kind import Kind, Kinds
from studio_sync.core.values.record import Version
from studio_sync.files.git.repository import Repository
from studio_sync.files.memory.entries import FileEntry
from studio_sync.files.memory.memory import Memory
from studio_sync.files.memory.recorded_approvals import RecordedApproval, recorded_approval
from studio_sync.files.workspace.workspace import Workspace
from studio_sync.sync.advance_approvals import question_of
from studio_sync.sync.compare.bases.trace import GitFile, Traces
from studio_sync.sync.history.approvals import ApprovalFinder
from studio_sync.sync.read.id_line import identity_of
from studio_sync.sync.read.reader import Reader


@dataclass(frozen=True, slots=True)
class CommitLine:
    """A trailer for the next commit, and the file that it is about.

    `outdated`: the file has other words by now; the line still names those that were approved.
    """

    path: str
    text: str
    outdated: bool


def commit_lines(workspace: Workspace, memory: Memory, kinds: Kinds, reader: Reader) -> list[CommitLine]:
    """A line for each staged file with an approval that `advance` recorded, ordered by path.

    A file that the commit leaves as it is needs one only if no commit says yet that these words are approved.
    """
    repository = Repository.around(workspace.content)
    if repository is None:
        return []
    found = _Staged(workspace, memory, kinds, Traces(repository, reader)).approved()
    shown = ((workspace.prefix + path, digest, outdated) for path, digest, outdated in found)
    return [CommitLine(path, approve_line(path, digest), outdated) for path, digest, outdated in shown]


class _Staged:
    """The files of the next commit, as git's index has them."""

    def __init__(self, workspace: Workspace, memory: Memory, kinds: Kinds, traces: Traces) -> None:
        self._memory, self._kinds, self._traces = memory, kinds, traces
        self._entries = {entry.path: entry for entry in memory.files_where("kind <> ''")}
        self._finder = ApprovalFinder(workspace, memory, traces)

    def approved(self) -> Iterator[tuple[str, str, bool]]:
        """(path, digest of the approved words, whether it has others now) for the commit's message."""
        kept = {path: one for path, e in self._entries.items() if (one := self._recorded(e)) is not None}
        paths, repository = sorted(kept), self._traces.repository
        staged = repository.blobs([f":{path}" for path in paths])
        committed = repository.blobs([f"HEAD:{path}" for path in paths])
        for path, now, then in zip(paths, staged, committed, strict=True):
            entry, one = self._entries[path], kept[path]
            after, before = self._version(entry, now), self._version(entry, then)
            if after is None or self._state(after)[0] != one.status:
                continue
            if self._state(after)[1] != one.words:
                # G8: a step that is committed with other words than were read still names those that were.
                if not one.pushed and (before is None or self._state(before)[0] != one.status):
                    yield path, one.words, True
                continue
            changes = before is None or self._state(before) != self._state(after)
            if changes or (not one.pushed and not self._is_committed(entry, one, after)):
                yield path, one.words, False

    def _recorded(self, entry: FileEntry) -> RecordedApproval | None:
        rid = identity_of(entry, self._entries, self._kinds) if self._kinds[entry.kind].flow else ""
        return recorded_approval(self._memory, rid) if rid else None

    def _is_committed(self, entry: FileEntry, kept: RecordedApproval, version: Version) -> bool:
        """Whether whoever pushes from another clone finds these words approved, in commits alone."""
        question = question_of(entry, self._entries, self._kinds, kept.status, version)
        return question is None or kept.words in self._finder.find(question, memory=False).words

    def _version(self, entry: FileEntry, blob: str) -> Version | None:
        """A file's version in a blob; None if there is none or it can't be read."""
        kind: Kind = self._kinds[entry.kind]
        content = self._traces.digests(kind, GitFile(entry.path, blob)) if blob else None
        return None if content is None else Version("", kind.name, "", "", content)

    def _state(self, version: Version) -> tuple[str | None, str]:
        """Status, and digest of the words."""
        kind = self._kinds[version.kind]
        return status_of(kind, version), words_digest(kind, version)
