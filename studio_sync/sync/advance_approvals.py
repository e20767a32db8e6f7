"""The approvals that `advance` records: the approved words, and those approved before."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from studio_sync.core.status.approval import Origin, words_digest
from studio_sync.core.status.transition import status_of
from studio_sync.core.values.kind import STATUS, Kind, Kinds
from studio_sync.core.values.record import Version
from studio_sync.files.git.repository import Repository
from studio_sync.files.memory.entries import FileEntry
from studio_sync.files.memory.recorded_approvals import (
    RecordedApproval,
    is_any_recorded,
    record_approval,
    recorded_approval,
    stated_values,
    withdraw_approval,
    withdrawn_approval,
)
from studio_sync.sync.compare.bases.trace import Traces
from studio_sync.sync.history.approvals import ApprovalFinder, ApprovalQuestion, FieldValues
from studio_sync.sync.read.id_line import identity_of

if TYPE_CHECKING:
    from studio_sync.sync.studio import Studio


@dataclass(frozen=True, slots=True)
class Approved:
    """One approved file, with the digest of its words and their values by field.

    `again`: it has the status already, and is approved again. `old` are then the words approved before; None
    if there are none, or they are unknown.
    """

    entry: FileEntry
    kind: Kind
    status: str
    digest: str
    words: FieldValues = field(default_factory=dict)
    again: bool = False
    old: FieldValues | None = None


class AdvanceApprovals:
    """Finds and records the approvals of one run of `advance`."""

    def __init__(self, studio: "Studio", entries: Mapping[str, FileEntry]) -> None:
        """`entries` are the readable files, by path."""
        self._workspace, self._documents, self._memory = studio.workspace, studio.documents, studio.memory
        self._kinds, self._entries, self._reader = studio.kinds, entries, studio.reader

    def first(self, entry: FileEntry, kind: Kind, status: str) -> Approved:
        """The approval of a file that steps to `status`."""
        digest = words_digest(kind, entry.version)
        return Approved(entry, kind, status, digest, self._documents.values(entry))

    def again(self, entry: FileEntry, kind: Kind, status: str, version: Version) -> Approved | None:
        """The approval of a file that has `status`; None if it was pushed, or needs no other."""
        known = self._memory.versions_at(entry.path, kind.name)
        digest = words_digest(kind, version)
        if any(status_of(kind, base) == status and words_digest(kind, base) == digest for base in known):
            return None
        question = question_of(entry, self._entries, self._kinds, status, version)
        if question is None or (self._memory.any_bases() and not known):
            return None
        approval = self._finder.find(question)
        if digest in approval.words and (not known or approval.origin is Origin.RECORDED):
            return None
        known_before = approval.words and digest not in approval.words
        old = self._finder.approved_values(question, approval) if known_before else None
        return Approved(entry, kind, status, digest, self._documents.values(entry), again=True, old=old)

    def record(self, approved: Approved) -> None:
        """Save an approval in the memory; it needs its row's identity as key."""
        if rid := identity_of(approved.entry, self._entries, self._kinds):
            kept = RecordedApproval(approved.status, approved.digest, stated_values(approved.words))
            record_approval(self._memory, rid, kept)

    @cached_property
    def _finder(self) -> ApprovalFinder:
        repository = Repository.around(self._workspace.content)
        traces = Traces(repository, self._reader) if repository is not None else None
        return ApprovalFinder(self._workspace, self._memory, traces)


def question_of(
    entry: FileEntry, entries: Mapping[str, FileEntry], kinds: Kinds, status: str, version: Version
) -> ApprovalQuestion | None:
    """The question for the approved words of a file at a status; None if its record has no identity here."""
    kind, rid = kinds[entry.kind], identity_of(entry, entries, kinds)
    if not rid:
        return None
    above = entries.get(entry.parent)
    parent = identity_of(above, entries, kinds) if above else ""
    near = (entry.path,) if kind.identified else (entry.parent,)
    return ApprovalQuestion(kind, rid, parent, entry.slot, entry.path, near, status, version)


def undo_approvals(studio: "Studio", paths: Iterable[str]) -> None:
    """Withdraw the approvals of steps that an undo took back, and record those again that it made again.

    `paths` are the files that it wrote, in the content folder.
    """
    memory, kinds = studio.memory, studio.kinds
    if not is_any_recorded(memory):
        return
    entries = {entry.path: entry for entry in memory.files_where("kind <> ''")}
    for entry in filter(None, map(entries.get, paths)):
        kind = kinds[entry.kind]
        rid = identity_of(entry, entries, kinds) if kind.flow and entry.digests else ""
        if not rid:
            continue
        kept, withdrawn = recorded_approval(memory, rid), withdrawn_approval(memory, rid)
        status = studio.documents.values(entry).get(STATUS)
        if kept and not kept.pushed and status != kept.status:
            withdraw_approval(memory, rid)
        elif withdrawn and status == withdrawn.status:
            record_approval(memory, rid, withdrawn)
