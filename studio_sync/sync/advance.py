"""Advance: write the next status into files, many at once; no database is needed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from studio_sync.core.status.guards import Policy, judge_transitions
from studio_sync.core.status.transition import (
    NULL,
    UNKNOWN_STATUS,
    StatusNode,
    Transition,
    status_of,
    with_status,
)
from studio_sync.core.values.kind import STATUS, Kind, Kinds
from studio_sync.core.values.layout import key_of
from studio_sync.core.values.phrases import a, listed
from studio_sync.core.values.problem import Problem, Severity
from studio_sync.core.values.record import Version, digests, values_mark
from studio_sync.errors import RefusedError, StudioError, UsageError
from studio_sync.files.memory.entries import FileEntry, packed_stat
from studio_sync.files.memory.intended_fields import note_intended
from studio_sync.files.memory.memory import Memory
from studio_sync.files.tree import codec
from studio_sync.files.tree.disk.file_writer import SYNC_EACH_UP_TO, FileWriter
from studio_sync.files.tree.lock import only_one
from studio_sync.files.tree.walking.listing import NO_STAT, read_content
from studio_sync.files.workspace.workspace import Workspace
from studio_sync.sync.advance_approvals import AdvanceApprovals, Approved
from studio_sync.sync.read.documents import Documents
from studio_sync.sync.read.reader import Reader
from studio_sync.sync.read.readiness import Readiness
from studio_sync.sync.read.scope import in_scope


@dataclass(frozen=True, slots=True)
class StatusStep:
    """One file's next status. `entry` is the file as read."""

    entry: FileEntry
    kind: Kind
    key: str
    before: str
    after: str


@dataclass(slots=True)
class Advance:
    """The steps written, the files left alone and why, and how many are already where they should be.

    `approved` are the files that get a locking status, or have it and are approved again. `failure`: the
    gravest exit code of what could not be written.
    """

    steps: list[StatusStep] = field(default_factory=list)
    approved: list[Approved] = field(default_factory=list)
    left: list[Problem] = field(default_factory=list)
    settled: int = 0
    failure: int = 1

    @property
    def exit_code(self) -> int:
        """Of a run that leaves something: 3 if the system let nothing be written."""
        return 1 if self.steps else self.failure


class Advancer:
    """Finds the next steps of a workspace's files by its rules, and writes them."""

    def __init__(
        self, workspace: Workspace, documents: Documents, memory: Memory, kinds: Kinds, reader: Reader
    ) -> None:
        self._workspace, self._documents, self._memory = workspace, documents, memory
        self._reader = reader
        self._policy = Policy(kinds, workspace.rules)
        self._readiness = Readiness(workspace, memory, kinds, documents.schemas)

    def run(
        self,
        scope: tuple[str, ...],
        to: str = "",
        *,
        dry_run: bool = False,
        shown: Mapping[str, str] | None = None,
    ) -> Advance:
        """Write the next steps below `scope`; with `dry_run` only find them. Raises UsageError.

        `shown` has the marks of what a person saw, by path: a file with other content is left.
        """
        flows = {kind.flow for kind in self._policy.kinds if kind.flow}
        known = list(dict.fromkeys(status for flow in sorted(flows) for status in flow))
        if to and to not in known:
            raise UsageError(f"{to} is no status", f"the statuses are: {', '.join(known)}")
        if dry_run:
            return self._plan(scope, to, shown)
        with only_one(self._workspace.state / "lock"):
            found = self._plan(scope, to, shown)
            self._write_all(found)
            self._record(found.approved)
            return found

    def _plan(self, scope: tuple[str, ...], to: str, shown: Mapping[str, str] | None) -> Advance:
        """The allowed step of each file in scope; with `to` only steps to that status.

        Rules about other records are judged on the result: a session and its contents step together.
        """
        held = self._documents.refresh()
        found = Advance()
        files = self._memory.files_where("kind <> ''")
        entries = {e.path: e for e in files if e.digests is not None and not held.holds(e.path)}
        self._approvals = AdvanceApprovals(
            self._workspace, self._documents, self._memory, self._policy.kinds, entries, self._reader
        )
        transitions = []
        for entry in files:
            kind = self._policy.kinds[entry.kind]
            if kind.flow and in_scope(entry.path, scope):
                if shown is not None and values_mark(entry.digests or b"") != shown.get(entry.path):
                    message = "the file has changed since it was shown"
                    self._leave(
                        found, entry, "failed", message, "read it as it is now, and then take the step"
                    )
                    continue
                transition = self._transition(entry, kind, to, found, readable=entry.path in entries)
                transitions += [transition] if transition else []
        nodes = [self._node(entry) for entry in entries.values()]
        while stopped := judge_transitions(transitions, nodes, self._policy):
            for transition in transitions:
                for verdict in stopped.get(transition.rid, ()):
                    self._leave(found, entries[transition.rid], verdict.code, verdict.message, verdict.hint)
            transitions = [p for p in transitions if p.rid not in stopped]
        for transition in transitions:
            key = self._key(entries, transition.rid)
            step = StatusStep(
                entries[transition.rid], transition.kind, key, str(transition.was), str(transition.becomes)
            )
            found.steps.append(step)
            if self._policy.rules.locks(step.kind, step.after):
                found.approved.append(self._approvals.first(step.entry, step.kind, step.after))
        return found

    def _write_all(self, found: Advance) -> None:
        """Write the steps, each as an edit of one line; files that can't be written are left."""
        if not found.steps:
            return
        writer = FileWriter(self._workspace.content, sync_each=len(found.steps) <= SYNC_EACH_UP_TO)
        written: list[tuple[StatusStep, FileEntry]] = []
        with self._documents.writing():
            for step in found.steps:
                try:
                    written.append((step, self._write(writer, step)))
                except StudioError as error:
                    self._leave(found, step.entry, "failed", error.message, error.hint)
                    found.failure = max(found.failure, error.exit_code)
            writer.settle()
        with self._memory.changing():
            self._memory.put_files([entry for _, entry in written])
        found.steps = [step for step, _ in written]
        left = {step.entry.path for step in found.steps}
        found.approved = [a for a in found.approved if a.again or a.entry.path in left]

    def _record(self, approved: Sequence[Approved]) -> None:
        with self._memory.changing():
            for one in approved:
                self._approvals.record(one)

    def _write(self, writer: FileWriter, step: StatusStep) -> FileEntry:
        """Write one file; returns its new entry. Raises RefusedError if it changed since it was read."""
        entry, kind, schemas = step.entry, step.kind, self._documents.schemas
        path = self._workspace.prefix + entry.path
        try:
            before = read_content(self._workspace.content, entry.path)
        except OSError:
            before = b""
        document = codec.read_record(kind, entry.slot, path, before, schemas).document
        if document is None or digests(kind, document.values) != entry.digests:
            raise RefusedError(f"{path} has changed meanwhile", "run the command again")
        text = codec.edited_text(kind, before.decode(), document, {STATUS: step.after}, schemas)
        stat = writer.replace(entry.path, before, text.encode())
        note_intended(self._memory, entry.path, stat, (STATUS,))
        approved = digests(kind, {**document.values, STATUS: step.after})
        return replace(entry, packed=packed_stat(NO_STAT), digests=approved)

    def _transition(
        self, entry: FileEntry, kind: Kind, to: str, found: Advance, *, readable: bool
    ) -> Transition | None:
        """The next step of a file by its own flow; None, with the reason, if there is none."""
        if to and to not in kind.flow:
            return None
        if not readable or any(p.severity is Severity.ERROR for p in entry.problems):
            message = "this file or one above it has an error"
            self._leave(found, entry, "invalid", message, "`studio validate` names it")
            return None
        version = self._version(entry)
        status = str(status_of(kind, version))
        flow = (NULL, *kind.flow)
        if self._policy.rules.locks(kind, status) and to in ("", status):
            again = self._approvals.again(entry, kind, status, version)
            if again is not None:
                found.approved.append(again)
                return None
        if status == UNKNOWN_STATUS:
            hint = f"the statuses are: {', '.join(kind.flow)}"
            self._leave(found, entry, "unknown-status", f"its status is none of {a(kind.name)}'s", hint)
            return None
        at = flow.index(status)
        if at == len(flow) - 1 or (to and flow.index(to) <= at):
            found.settled += 1
            return None
        after = flow[at + 1]
        if not self._is_pushed(entry, kind, version, found):
            return None
        if to and to != after:
            skipped = listed(flow[at + 1 : flow.index(to)], "and")
            message = f"{status} → {to} skips {skipped}"
            self._leave(found, entry, "status-skipped", message, f"next legal status: {after}")
            return None
        broken = sorted(self._readiness.against(entry, kind, after))
        for problem in broken[:1]:
            more = f" (and {len(broken) - 1} more)" if len(broken) > 1 else ""
            spot = (problem.line, problem.column)
            self._leave(found, entry, problem.code, problem.message + more, problem.hint, spot)
            return None
        path = self._workspace.prefix + entry.path
        return Transition(kind, entry.path, version, with_status(kind, version, after), (STATUS,), path)

    def _is_pushed(self, entry: FileEntry, kind: Kind, version: Version, found: Advance) -> bool:
        """Whether some database has the file's status, as far as known here: a push takes one step only."""
        if not self._memory.any_bases():
            return True
        known = self._memory.versions_at(entry.path, kind.name)
        if not known:
            message = "no push of it is known here, and a new record starts at the first status"
        elif all(status_of(kind, base) != status_of(kind, version) for base in known):
            message = f"no push of its step to {status_of(kind, version)} is known here"
        else:
            return True
        hint = "`studio push` pushes it; if CI or somebody else did, `studio pull` learns that"
        self._leave(found, entry, "unpushed", message, hint)
        return False

    def _leave(
        self,
        found: Advance,
        entry: FileEntry,
        code: str,
        message: str,
        hint: str,
        at: tuple[int, int] = (0, 0),
    ) -> None:
        kind = self._policy.kinds[entry.kind]
        try:
            data = read_content(self._workspace.content, entry.path)
        except OSError:
            data = b""
        line, column = at if any(at) else codec.where(kind, data, STATUS)
        path = self._workspace.prefix + entry.path
        found.left.append(Problem(path, line, column, code, message, hint, Severity.WARNING))

    def _version(self, entry: FileEntry) -> Version:
        """A file's version with paths as identities, because rows are unknown here."""
        return Version(entry.path, entry.kind, entry.parent, entry.slot, entry.digests or b"")

    def _node(self, entry: FileEntry) -> StatusNode:
        kind = self._policy.kinds[entry.kind]
        path = self._workspace.prefix + entry.path
        return StatusNode(entry.path, kind, entry.parent, status_of(kind, self._version(entry)), path)

    def _key(self, entries: Mapping[str, FileEntry], path: str) -> str:
        entry = entries.get(path)
        if entry is None:
            return ""
        return key_of(self._policy.kinds[entry.kind], self._key(entries, entry.parent), entry.slot)
