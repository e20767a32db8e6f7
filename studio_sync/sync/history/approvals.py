"""Finding the approved words of a record, in commits and in the workspace's memory."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from studio_sync.core.plan.trailers import approve_lines, spelled_path
from studio_sync.core.status.approval import (
    Approval,
    CommitState,
    HistoryApproval,
    approval_of,
    approved_in_history,
    person,
    words_digest,
)
from studio_sync.core.status.left_commits import LeftCommit, joined_to_left
from studio_sync.core.status.transition import status_of
from studio_sync.core.values.kind import STATUS, Kind
from studio_sync.core.values.record import OMITTED, Omitted, Rid, Version
from studio_sync.core.values.value import Value
from studio_sync.files.memory.memory import Memory
from studio_sync.files.memory.moved_folders import Moves, former_paths
from studio_sync.files.memory.recorded_approvals import recorded_approval
from studio_sync.files.workspace.workspace import Workspace
from studio_sync.sync.compare.bases.trace import FilesByCommit, Traces
from studio_sync.sync.read.scope import is_inside

FieldValues = Mapping[str, Value | Omitted]


@dataclass(frozen=True, slots=True)
class ApprovalQuestion:
    """A record that would step to the locking `status`.

    `path` is its file's, inside the content folder. `parent` is the identity of its parent. `near` are paths
    to try first for the file that carries its id, or its parent's.
    """

    kind: Kind
    rid: Rid
    parent: Rid
    slot: str
    path: str
    near: tuple[str, ...]
    status: str
    local: Version


@dataclass(frozen=True, slots=True)
class _Record:
    """The record's states and files at the commits; `heads` are those from which its file goes on."""

    states: Mapping[str, CommitState]
    files: FilesByCommit
    history: HistoryApproval
    heads: Sequence[str]
    merging: bool

    def words_at_heads(self, status: str) -> Sequence[str]:
        """The words at the heads with the status; none while a merge is not committed."""
        found = [self.states[c] for c in self.heads if c in self.states] if not self.merging else []
        return [state.words for state in found if state.status == status and state.words]


class ApprovalFinder:
    """Finds the words of records that may step to a locking status."""

    def __init__(
        self, workspace: Workspace, memory: Memory, traces: Traces | None, *, db: int | None = None
    ) -> None:
        """`traces` is None without git. `db` is the database's number in the memory, None for any."""
        self._workspace, self._memory, self._of_tree, self._db = workspace, memory, traces, db

    @cached_property
    def _traces(self) -> Traces | None:
        """The history of the files, and of what HEAD was moved back from."""
        traces = self._of_tree
        left = traces.repository.moved_back if traces is not None else ()
        return Traces(traces.repository, traces.reader, left) if traces is not None and left else traces

    @cached_property
    def _moves(self) -> Moves:
        return self._memory.moved_folders()

    def find(self, question: ApprovalQuestion, *, memory: bool = True) -> Approval:
        """The approved words of the record, for the status that it would get.

        Without `memory` what commits say alone, as for whoever pushes from another clone.
        """
        local = words_digest(question.kind, question.local)
        record = self._record(question) if self._traces is not None else None
        recorded = [one for one in self._recorded(question, record) if memory or one[1]]
        committed = record.words_at_heads(question.status) if record is not None else ()
        me = person(self._traces.repository.address()) if self._traces is not None else ""
        only = self._workspace.rules.recorded
        history = record.history if record is not None else None
        elsewhere = frozenset(self._elsewhere(question)) if memory else ()
        return approval_of(
            recorded, history, local, me, committed=committed, elsewhere=elsewhere, recorded_only=only
        )

    def approved_values(self, question: ApprovalQuestion, approval: Approval) -> FieldValues | None:
        """The approved words by field; None if they can't be reconstructed any more."""
        kept = recorded_approval(self._memory, question.rid)
        if kept is not None and kept.status == question.status and kept.words in approval.words:
            return {field.name: kept.values.get(field.name, OMITTED) for field in question.kind.fields}
        record = self._record(question) if self._traces is not None else None
        if record is None or self._traces is None:
            return None
        for commit, state in record.states.items():
            found = record.files.get(commit)
            if found is not None and state.words in approval.words:
                return self._traces.values(question.kind, found)
        return None

    def _elsewhere(self, question: ApprovalQuestion) -> Iterator[str]:
        """The words that have the status in other databases, as far as this workspace remembers."""
        for db in self._memory.other_databases(self._db or 0):
            base = self._memory.base(db, question.rid)
            if base is not None and status_of(question.kind, base.version) == question.status:
                yield words_digest(question.kind, base.version)

    def _recorded(self, question: ApprovalQuestion, record: _Record | None) -> Iterator[tuple[str, str]]:
        """(digest, commit or "") of each recorded approval: by `advance` here, and in trailers."""
        kept = recorded_approval(self._memory, question.rid)
        if kept is not None and kept.status == question.status and self._db not in kept.pushed:
            yield kept.words, ""
        if record is None or self._traces is None or not record.history.region:
            return
        repository, prefix = self._traces.repository, self._workspace.prefix
        former = {spelled_path(prefix + file.path): file.path for file in record.files.values() if file}
        told = repository.told_apart(repository.commits(record.history.region))
        for line in approve_lines(told, self._workspace.content_name, repository.top):
            found = record.files.get(line.commit)
            paths = {prefix + question.path, *([prefix + found.path] if found else [])}
            state = record.states[line.commit]
            if not line.digest:
                # G8: a squash puts the line into a commit with other words. Only a digest names words.
                covered = any(is_inside(path, [line.path]) for path in paths)
                if covered and state.words and not self._workspace.rules.recorded:
                    yield state.words, line.commit
            elif line.path in map(spelled_path, paths):
                yield line.digest, line.commit
            elif line.path in former:
                # Rebases and squashes carry it over a renamed folder; the path may be another's now.
                of_other = any(repository.blobs([f"{line.commit}:{former[line.path]}"]))
                if not of_other or line.digest == state.words:
                    yield line.digest, line.commit

    def _record(self, question: ApprovalQuestion) -> _Record | None:
        traces = self._traces
        if traces is None:
            return None
        # G8: a file without an id is the record's own also where HEAD has it at its former path.
        near = [*question.near, *(old for path in question.near for old in former_paths(self._moves, path))]
        own = question.near[0]
        if question.kind.identified:
            files = traces.of_owner(question.rid, near, own)
        else:
            files = traces.of_child(question.kind, question.parent, question.slot, near, own)
        repository = traces.repository
        left = [LeftCommit(commit, later) for commit, later in repository.moved_back.items()]
        tips = (repository.head, *repository.merging)
        states, heads = joined_to_left(
            dict(self._states(question, files, traces)), tips, left, question.status
        )
        found = approved_in_history(states, heads, question.status)
        authors = {i.commit: person(i.author) for i in repository.commits(found.region)}
        states |= {c: replace(states[c], author=author) for c, author in authors.items()}
        found = approved_in_history(states, heads, question.status)
        return _Record(states, files, found, heads, merging=bool(repository.merging))

    def _states(
        self, question: ApprovalQuestion, files: FilesByCommit, traces: Traces
    ) -> Iterator[tuple[str, CommitState]]:
        """The record's state at each commit, newest first."""
        kind, shallow = question.kind, traces.repository.shallow
        for commit, edges in traces.edges.items():
            parents = tuple(edge.parent for edge in edges if edge.parent)
            found = files.get(commit)
            content = traces.digests(kind, found) if found else None
            version = None if content is None else Version(question.rid, kind.name, "", "", content)
            status, words = status_of(kind, version), words_digest(kind, version) if version else None
            complete = bool(parents) or not shallow
            yield commit, CommitState(commit, parents, status, words, complete=complete)


def changed_fields(kind: Kind, old: FieldValues, new: FieldValues) -> Sequence[str]:
    """The fields in which two states of a record's words differ; status and order are not words."""
    return [
        field.name
        for field in kind.fields
        if not field.loose and field.name != STATUS and old.get(field.name) != new.get(field.name)
    ]
